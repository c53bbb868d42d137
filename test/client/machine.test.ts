import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientCredentialsOptions, clientCredentials } from '../../src/client/client-credentials.ts';
import { connect } from '../../src/client/connect.ts';
import type { ConnectOptions } from '../../src/client/connect-one.ts';
import { apiKey, bearerToken } from '../../src/client/fixed-credentials.ts';
import { systemClock } from '../../src/core/clock.ts';
import {
  assertionOf,
  type KeyMachine,
  keyMachine,
  machineToken,
  type SecretMachine,
  secretMachine,
} from '../support/machine.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let machine: SecretMachine;
let signer: KeyMachine;
beforeAll(async () => {
  world = await startWorld();
  machine = await secretMachine(world.host.authorization, ['notes:read', 'notes:write']);
  signer = await keyMachine(world.host.authorization, ['notes:read']);
});
afterAll(() => world.close());

/** A machine whose requests are written down. */
function program(options: Partial<ClientCredentialsOptions> = {}) {
  const tokens: URLSearchParams[] = [];
  const headers: Headers[] = [];
  const noting: typeof fetch = (input, init) => {
    headers.push(new Headers(init?.headers));
    if (String(input).endsWith('/token')) tokens.push(new URLSearchParams(String(init?.body)));
    return fetch(input, init);
  };
  const auth = clientCredentials({ clientId: machine.id, clientSecret: machine.secret, ...options });
  return {
    tokens,
    headers,
    scopes: () => tokens.map((form) => form.get('scope')),
    open: (more: ConnectOptions = {}) => connect(`${world.url}/notes/mcp`, { auth, fetch: noting, ...more }),
  };
}

describe('a machine as a client', () => {
  it('gets a token with a secret, and one with more scope when a call needs it', async () => {
    const { open, scopes, tokens } = program({ scope: 'notes:read' });
    await using client = await open();
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
    expect((await client.callTool('add_note', { text: 'by a machine' })).isError).toBeUndefined();
    expect(scopes()).toEqual(['notes:read', 'notes:read notes:write']);
    expect(tokens[0]?.get('resource')).toBe(`${world.url}/notes/mcp`);
  });

  it('lets a call that is refused while a wider token is on its way wait for it', async () => {
    let refused = 0;
    let late: Promise<unknown> | undefined;
    const held: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/token') && String(init?.body).includes('write')) {
        late ??= client.callTool('add_note', { text: 'late' });
        await expect.poll(() => refused).toBe(2);
      }
      const response = await fetch(input, init);
      if (response.status === 403) refused += 1;
      return response;
    };
    await using client = await program({ scope: 'notes:read' }).open({ fetch: held });
    await client.callTool('add_note', { text: 'first' });
    expect(await late).toHaveProperty('structuredContent.id');
    expect(refused).toBe(2);
  });

  it('gets a token with a key of its own', async () => {
    const privateKey = String(signer.key.export({ type: 'pkcs8', format: 'pem' }));
    const auth = clientCredentials({ clientId: signer.id, privateKey, scope: 'notes:read' });
    await using client = await connect(`${world.url}/notes/mcp`, { auth });
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
  });

  it('gets a token with an assertion that another made', async () => {
    const auth = clientCredentials({ clientId: signer.id, assertion: (issuer) => assertionOf(signer, issuer) });
    await using client = await connect(`${world.url}/notes/mcp`, { auth });
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
  });

  it('gets the next token before the first one expires, once for all calls that wait for it', async () => {
    let now = systemClock();
    const { open, tokens } = program({ scope: 'notes:read' });
    await using client = await open({ clock: () => now });
    now += 580;
    await Promise.all([client.callTool('list_notes'), client.callTool('list_notes')]);
    expect(tokens).toHaveLength(2);
  });

  it('names the scopes where it may not have them', async () => {
    const { open, scopes } = program({ scope: 'notes:read' });
    await using client = await open();
    const refused = { name: 'InsufficientScopeError', requiredScope: 'notes:admin' };
    const refusal = await client.callTool('delete_note', { id: '1' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject(refused);
    expect(inspect(refusal, { depth: null, showHidden: true })).not.toContain('Bearer');
    expect(scopes()).toEqual(['notes:read', 'notes:read notes:admin']);
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
  });

  it('tells what the token endpoint refused', async () => {
    await expect(program({ scope: 'notes:admin' }).open()).rejects.toMatchObject({ code: 'invalid_scope' });
    await expect(program({ clientSecret: 'wrong' }).open()).rejects.toMatchObject({ code: 'invalid_client' });
  });

  it('tells its secret to the issuer that it is for and to no other', async () => {
    const { open, headers } = program({ issuer: 'https://as.example.com' });
    await expect(open()).rejects.toMatchObject({ code: 'other_issuer' });
    expect(headers.filter((each) => each.has('authorization'))).toEqual([]);
  });
});

describe('a client with a credential that it was given', () => {
  const token = async () => String((await machineToken(world.url, machine, { scope: 'notes:read' })).body.access_token);

  it('sends a token, and asks for another where the function has a newer one', async () => {
    const good = await token();
    const given = ['old', good];
    const auth = bearerToken(() => given.shift() ?? good);
    await using client = await connect(`${world.url}/notes/mcp`, { auth });
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
    await using same = await connect(`${world.url}/notes/mcp`, { auth: bearerToken(good) });
    await expect(same.callTool('add_note', { text: 'no' })).rejects.toMatchObject({ requiredScope: 'notes:write' });
  });

  it('tells that the server did not accept it', async () => {
    const refused = { name: 'UnauthorizedError', message: expect.stringContaining('did not accept') };
    await expect(connect(`${world.url}/notes/mcp`, { auth: bearerToken('bad') })).rejects.toMatchObject(refused);
    await expect(connect(`${world.url}/notes/mcp`)).rejects.toMatchObject(refused);
  });

  it('sends an API key in the header that it belongs in', async () => {
    const seen: (string | null)[] = [];
    const server: typeof fetch = async (_, init) => {
      seen.push(new Headers(init?.headers).get('x-api-key'));
      return new Response('no', { status: 500 });
    };
    await expect(connect('https://mcp.example.com/mcp', { auth: apiKey('k'), fetch: server })).rejects.toThrow();
    expect(new Set(seen)).toEqual(new Set(['k']));
  });
});
