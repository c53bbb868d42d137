import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { browserSignIn } from '../../src/client/browser-sign-in.ts';
import { connect } from '../../src/client/connect.ts';
import { bearerToken } from '../../src/client/fixed-credentials.ts';
import type { BrowserSignInOptions } from '../../src/client/sign-in-options.ts';
import { memoryCache } from '../../src/client/token-cache.ts';
import { type InProcess, inProcess } from '../../src/host/local/in-process.ts';
import { defineServer } from '../../src/mcp/define-server.ts';

const MCP = 'https://mcp.test/notes/mcp';
const ISSUER = 'https://as.test';
const metadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  registration_endpoint: `${ISSUER}/register`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
};

let server: InProcess;
beforeEach(async () => {
  const tool = defineServer({ name: 'notes', version: '1' }).tool('hi', { description: 'Hi', scopes: [] }, () => 'hi');
  server = await inProcess(tool);
});
afterEach(() => server.close());

interface Request {
  readonly url: string;
  readonly init: RequestInit | undefined;
}

/** A network of one MCP server and one authorization server that mean well, but for what the test changes. */
function network(changes: Record<string, (request: Request) => unknown> = {}, now = () => 1_000_000) {
  const asked: Request[] = [];
  const presented: URL[] = [];
  let answered: Record<string, string> = { iss: ISSUER };
  const answers: Record<string, (request: Request) => unknown> = {
    'https://mcp.test/.well-known/oauth-protected-resource/notes/mcp': () => ({
      resource: MCP,
      authorization_servers: [ISSUER],
    }),
    [`${ISSUER}/.well-known/oauth-authorization-server`]: () => metadata,
    [`${ISSUER}/register`]: ({ init }) => ({ ...JSON.parse(String(init?.body)), client_id: 'c' }),
    [`${ISSUER}/token`]: () => ({ access_token: 't', token_type: 'Bearer', expires_in: 600, refresh_token: 'r' }),
    [MCP]: ({ init }) =>
      new Headers(init?.headers).get('authorization') === 'Bearer t'
        ? server.fetch('http://localhost/mcp', init)
        : new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer scope="read"' } }),
    ...changes,
  };
  const fetched: typeof fetch = async (input, init) => {
    const request = { url: String(input), init };
    asked.push(request);
    const answer = await answers[request.url]?.(request);
    if (answer instanceof Response) return answer;
    return answer === undefined ? new Response(null, { status: 404 }) : Response.json(answer);
  };
  const present = async (page: URL) => {
    presented.push(page);
    const { state = '', redirect_uri: back = '' } = Object.fromEntries(page.searchParams);
    await (await fetch(`${back}?${new URLSearchParams({ code: 'a-code', state, ...answered })}`)).text();
  };
  return {
    asked: () => asked.map(({ url }) => url),
    sentTo: (url: string) => asked.filter((request) => request.url === url),
    presented,
    answering: (parameters: Record<string, string>) => {
      answered = parameters;
    },
    open: (options: BrowserSignInOptions = {}) =>
      connect(MCP, { auth: browserSignIn({ present, ...options }), fetch: fetched, clock: now }),
    withToken: () => connect({ url: MCP, headers: { 'x-team': 'a' } }, { auth: bearerToken('t'), fetch: fetched }),
  };
}

const RESOURCE = 'https://mcp.test/.well-known/oauth-protected-resource/notes/mcp';
const AS = `${ISSUER}/.well-known/oauth-authorization-server`;

describe('a client among servers that mean well', () => {
  it('signs in', async () => {
    const { open, presented, sentTo } = network();
    await using client = await open();
    expect((await client.callTool('hi')).content).toMatchObject([{ text: 'hi' }]);
    expect(presented[0]?.searchParams.get('scope')).toBe('read');
    const form = new URLSearchParams(String(sentTo(`${ISSUER}/token`)[0]?.init?.body));
    expect(form.get('resource')).toBe(MCP);
    expect(form.get('code_verifier')).toMatch(/^.{43,}$/);
  });

  it('signs in for a wider resource where the program says that it may', async () => {
    const resource = 'https://mcp.test/notes';
    const { open, sentTo } = network({ [RESOURCE]: () => ({ resource, authorization_servers: [ISSUER] }) });
    await using client = await open({ allowTokensForWiderResource: true });
    expect((await client.callTool('hi')).isError).toBeUndefined();
    expect(new URLSearchParams(String(sentTo(`${ISSUER}/token`)[0]?.init?.body)).get('resource')).toBe(resource);
  });
});

describe('a client among servers that do not', () => {
  it.each<[string, Record<string, () => unknown>]>([
    [
      'a resource that says it is another',
      { [RESOURCE]: () => ({ resource: 'https://bank.test/mcp', authorization_servers: [ISSUER] }) },
    ],
    [
      'a resource that says it is what it lies below of',
      { [RESOURCE]: () => ({ resource: 'https://mcp.test/notes', authorization_servers: [ISSUER] }) },
    ],
    ['an issuer that says it is another', { [AS]: () => ({ ...metadata, issuer: 'https://bank.test' }) }],
    [
      'an authorization server on this machine',
      { [RESOURCE]: () => ({ resource: MCP, authorization_servers: ['http://localhost:9'] }) },
    ],
    [
      'an authorization server without TLS',
      { [RESOURCE]: () => ({ resource: MCP, authorization_servers: ['http://as.test'] }) },
    ],
    ['a registration on this machine', { [AS]: () => ({ ...metadata, registration_endpoint: 'http://localhost:9/' }) }],
    ['a page that is no web page', { [AS]: () => ({ ...metadata, authorization_endpoint: 'file:///bin/sh' }) }],
    ['a page on this machine', { [AS]: () => ({ ...metadata, authorization_endpoint: 'https://localhost/x' }) }],
    ['no PKCE with S256', { [AS]: () => ({ ...metadata, code_challenge_methods_supported: ['plain'] }) }],
  ])('asks nobody to sign in at the word of %s', async (_, changes) => {
    const { open, presented, asked } = network(changes);
    await expect(open()).rejects.toThrow();
    expect(presented).toEqual([]);
    expect(asked().filter((url) => /localhost|file:|bank|^http:/.test(url))).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['another issuer', { iss: 'https://bank.test' }],
    ['no issuer', {}],
  ])('redeems no code that comes from %s', async (_, parameters) => {
    const { open, answering, sentTo } = network();
    answering(parameters);
    await expect(open()).rejects.toMatchObject({ name: 'IssuerMismatchError' });
    expect(sentTo(`${ISSUER}/token`)).toEqual([]);
  });

  it('sends a code to no token endpoint without TLS', async () => {
    const { open, asked } = network({ [AS]: () => ({ ...metadata, token_endpoint: 'http://as.test/token' }) });
    await expect(open()).rejects.toThrow();
    expect(asked()).not.toContain('http://as.test/token');
  });

  it.each(['https://mcp.test/other/mcp', 'https://bank.test/mcp'])('follows nobody to %s', async (location) => {
    const { withToken, sentTo } = network({
      [MCP]: () => new Response(null, { status: 307, headers: { location: `${location}?q` } }),
    });
    await expect(withToken()).rejects.toThrow(`redirects to ${location}: connect to that`);
    const [first] = sentTo(MCP).map(({ init }) => new Headers(init?.headers));
    expect([first?.get('authorization'), first?.get('x-team')]).toEqual(['Bearer t', 'a']);
    expect(sentTo(`${location}?q`)).toEqual([]);
  });
});

describe('a client whose authorization server is out of order', () => {
  it('keeps what it has, uses it while it is good, and asks nobody to sign in', async () => {
    let now = 1_000_000;
    let down = false;
    const token = () =>
      down
        ? new Response(null, { status: 503 })
        : { access_token: 't', token_type: 'Bearer', expires_in: 600, refresh_token: 'r' };
    const { open, presented } = network({ [`${ISSUER}/token`]: token }, () => now);
    await using client = await open();
    down = true;
    now += 580;
    expect((await client.callTool('hi')).isError).toBeUndefined();
    now += 60;
    await expect(client.callTool('hi')).rejects.toThrow();
    down = false;
    expect((await client.callTool('hi')).isError).toBeUndefined();
    expect(presented).toHaveLength(1);
  });
});

describe('a client whose server cannot say who gives its tokens', () => {
  const ORIGIN = 'https://mcp.test';
  const guessed = { ...metadata, issuer: ORIGIN, registration_endpoint: `${ORIGIN}/register` };
  const published = { resource: MCP, authorization_servers: [ISSUER] };

  it.each<[string, () => unknown, boolean]>([
    ['answers 503', () => new Response(null, { status: 503 }), false],
    ['answers 502', () => new Response(null, { status: 502 }), false],
    ['answers 429', () => new Response(null, { status: 429 }), false],
    ['does not answer', () => Promise.reject(new TypeError('fetch failed')), false],
    ['has forgotten its metadata', () => undefined, true],
  ])('keeps the sign-in where it %s', async (_, now, guesses) => {
    let [time, answer, token] = [1_000_000, (): unknown => published, 't'];
    const { open, presented, asked, sentTo } = network(
      {
        [RESOURCE]: () => answer(),
        [`${ORIGIN}/.well-known/oauth-authorization-server`]: () => guessed,
        [`${ORIGIN}/register`]: () => new Response(null, { status: 500 }),
        [`${ISSUER}/token`]: () => ({
          access_token: token,
          token_type: 'Bearer',
          expires_in: 600,
          refresh_token: 'r',
        }),
        [MCP]: ({ init }) =>
          new Headers(init?.headers).get('authorization') === `Bearer ${token}`
            ? server.fetch('http://localhost/mcp', init)
            : new Response(null, { status: 401 }),
      },
      () => time,
    );
    const cache = memoryCache();
    await (await open({ cache })).close();
    [time, answer, token] = [time + 601, now, 'next'];
    await expect(open({ cache })).rejects.toThrow();
    expect(asked().includes(`${ORIGIN}/.well-known/oauth-authorization-server`)).toBe(guesses);
    answer = () => published;
    await using client = await open({ cache });
    expect((await client.callTool('hi')).isError).toBeUndefined();
    expect(presented).toHaveLength(1);
    expect(sentTo(`${ISSUER}/token`)).toHaveLength(2);
  });
});
