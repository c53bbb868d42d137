import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { apiKey, bearerToken } from '../../src/client/fixed-credentials.ts';
import { type InProcess, inProcess } from '../../src/host/local/in-process.ts';
import { defineServer } from '../../src/mcp/define-server.ts';

const started: InProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

/** Servers by host name; `seen` is what each request carried. */
async function network(...names: string[]) {
  const seen: Record<string, Headers[]> = {};
  const servers = new Map<string, InProcess>();
  for (const name of names) {
    const definition = defineServer({ name, version: '1' })
      .tool('hello', { description: 'Hello', scopes: [] }, () => `hello from ${name}`)
      .resource(`${name}://all`, { name: 'all', scopes: [] }, () => `all of ${name}`);
    const server = await inProcess(definition);
    started.push(server);
    servers.set(`${name}.test`, server);
  }
  const fetched: typeof fetch = async (input, init) => {
    const { hostname } = new URL(String(input));
    seen[hostname] = [...(seen[hostname] ?? []), new Headers(init?.headers)];
    return servers.get(hostname)?.fetch('http://localhost/mcp', init) ?? new Response(null, { status: 500 });
  };
  return { seen, fetched };
}

describe('connecting to the servers of a configuration', () => {
  it.each(['mcpServers', 'servers'])('makes one client of them, each with its own credential (%s)', async (member) => {
    const { seen, fetched } = await network('one', 'two');
    const config = {
      [member]: {
        one: { type: 'http', url: 'https://one.test/mcp', headers: { 'x-team': 'a' } },
        two: { url: 'https://two.test/mcp' },
      },
    } as unknown as Parameters<typeof connect>[0] & { readonly mcpServers: Record<string, { readonly url: string }> };
    await using all = await connect(config, { auth: { one: bearerToken('t'), two: apiKey('k') }, fetch: fetched });
    expect((await all.listTools()).map(({ name }) => name)).toEqual(['one_hello', 'two_hello']);
    expect((await all.callTool('two_hello')).content).toMatchObject([{ text: 'hello from two' }]);
    expect(await all.readResource('one://one/all')).toMatchObject([{ text: 'all of one' }]);
    expect(all.servers.get('one')?.server?.name).toBe('one');
    const carried = (host: string, name: string) => new Set(seen[host]?.map((headers) => headers.get(name)));
    expect(carried('one.test', 'authorization')).toEqual(new Set(['Bearer t']));
    expect(carried('one.test', 'x-team')).toEqual(new Set(['a']));
    expect(carried('two.test', 'authorization')).toEqual(new Set([null]));
    expect(carried('two.test', 'x-team')).toEqual(new Set([null]));
    expect(carried('two.test', 'x-api-key')).toEqual(new Set(['k']));
  });

  it('leaves none open where one cannot be reached', async () => {
    const { fetched } = await network('one');
    const mcpServers = { one: { url: 'https://one.test/mcp' }, gone: { url: 'https://gone.test/mcp' } };
    await expect(connect({ mcpServers }, { fetch: fetched })).rejects.toThrow();
  });

  it('refuses a credential for a server that is not there', async () => {
    const mcpServers = { one: { url: 'https://one.test/mcp' } };
    const refused = new TypeError('auth names won, which is none of the servers.');
    await expect(connect({ mcpServers }, { auth: { won: bearerToken('t') } })).rejects.toThrow(refused);
  });

  it('connects to none where the names are not apart', async () => {
    const { seen, fetched } = await network('one');
    const mcpServers = { one: { url: 'https://one.test/mcp' }, one_eu: { url: 'https://one.test/mcp' } };
    await expect(connect({ mcpServers }, { fetch: fetched })).rejects.toThrow('one_eu could be a tool of one');
    expect(seen).toEqual({});
  });

  it('takes a server for its own name, whatever that is', async () => {
    const { seen, fetched } = await network('one');
    const mcpServers = { constructor: { url: 'https://one.test/mcp' } };
    await using all = await connect({ mcpServers }, { fetch: fetched, auth: {} });
    expect((await all.callTool('constructor_hello')).content).toMatchObject([{ text: 'hello from one' }]);
    expect(seen['one.test']?.some((headers) => headers.has('authorization'))).toBe(false);
  });
});

describe('connecting to one server', () => {
  it.each<[string, unknown, string]>([
    ['a URL without TLS', 'http://one.test/mcp', 'must be an https URL'],
    ['a URL with a password', 'https://a:b@one.test/mcp', 'has user info'],
    ['no URL', 'one.test', 'is not an absolute URL'],
    ['nothing that leads to a server', { path: '/mcp' }, 'A server is a URL'],
  ])('refuses %s', async (_, target, why) => {
    await expect(connect(target as string)).rejects.toThrow(TypeError);
    await expect(connect(target as string)).rejects.toThrow(why);
  });

  it('refuses a sign-in for a server that is a child process', async () => {
    const refused = connect({ command: 'never-started' }, { auth: bearerToken('t') });
    await expect(refused).rejects.toThrow('auth is for servers behind a URL: give a child its own through env.');
  });

  it('tells that a command cannot be started', async () => {
    await expect(connect({ command: '/no/such/program' }, { era: 'legacy' })).rejects.toThrow('ENOENT');
  });
});
