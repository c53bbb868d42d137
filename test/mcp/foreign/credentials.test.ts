import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InvalidToken } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import {
  type ClientCredentialsOptions,
  clientCredentials,
  fixedHeaders,
  type RemoteOptions,
  remote,
  upstreamToken,
} from '../../../src/mcp/remote/index.ts';
import { legacy, serving, user } from '../callers.ts';
import { type FarServer, modernServer } from './far-servers.ts';
import { POLICY, serverV2 } from './sdk-servers.ts';

const parts = { log: silentLog, clock: () => Math.floor(Date.now() / 1000), fetch };
const add = legacy('tools/call', { name: 'add', arguments: { a: 1, b: 1 } });

/** An authorization server that gives `token-1`, `token-2`, …, and what it was sent. */
function tokens() {
  const asked: { body: URLSearchParams; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ body: new URLSearchParams(text), authorization: request.headers.authorization });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: `token-${asked.length}`, token_type: 'bearer', expires_in: 300 }));
  });
  return { asked, server };
}

describe('what a remote server is sent', () => {
  const { asked, server } = tokens();
  let far: FarServer;
  let tokenEndpoint: string;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    far = await modernServer(serverV2);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    far.before = undefined;
    far.seen.length = 0;
    asked.length = 0;
  });
  afterAll(async () => {
    await far.close();
    server.closeAllConnections();
    server.close();
  });

  async function mounted(more: Partial<RemoteOptions>) {
    const mountable = remote(far.url, { name: 'trips', policy: POLICY, timeout: 5, ...more });
    await mountable.start?.(parts);
    closing.push(async () => mountable.close?.());
    return serving(mountable);
  }
  const sent = () => [...new Set(far.seen.map(({ authorization }) => authorization))];
  const machine = (more: object) =>
    clientCredentials({ tokenEndpoint, clientId: 'gate', ...more } as ClientCredentialsOptions);

  it('is a token that our client gets with its secret, one for all, and another when it is not accepted any more', async () => {
    const credentials = machine({ clientSecret: 's', scopes: ['trips'], resource: far.url });
    const { ask } = await mounted({ credentials });
    expect((await ask(add)).status).toBe(200);
    expect(sent()).toEqual(['Bearer token-1']);
    expect(asked.map(({ body }) => body.get('resource'))).toEqual([far.url]);
    expect(asked[0]?.authorization).toMatch(/^Basic /);
    far.before = (request, response) => {
      if (request.headers.authorization === 'Bearer token-1') response.writeHead(401).end();
    };
    expect((await ask(add)).status).toBe(200);
    expect(asked).toHaveLength(2);
    far.before = (_, response) => void response.writeHead(401).end();
    // Whoever makes the server answer that does not make us ask for tokens all the time.
    expect((await ask(add)).status).toBe(503);
    expect(asked).toHaveLength(2);
  });

  it('is a token that our client gets with its key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const credentials = machine({ privateKey: await exportPKCS8(privateKey) });
    expect((await (await mounted({ credentials })).ask(add)).status).toBe(200);
    const assertion = asked[0]?.body.get('client_assertion') ?? '';
    expect((await jwtVerify(assertion, publicKey)).payload).toMatchObject({ iss: 'gate', sub: 'gate' });
    expect(sent()).toEqual(['Bearer token-1']);
  });

  it("is each caller's own token of where they signed in; lists are read with ours", async () => {
    const lists = fixedHeaders({ authorization: 'Bearer for-lists' });
    const { ask } = await mounted({ credentials: upstreamToken(), lists });
    expect(sent()).toEqual(['Bearer for-lists']);
    far.seen.length = 0;
    const as = (name: string) => ({
      principal: user(name),
      upstream: async () => ({ accessToken: `token-of-${name}`, scopes: [] }),
    });
    expect((await Promise.all([ask(add, as('ada')), ask(add, as('bob'))])).map(({ status }) => status)).toEqual([
      200, 200,
    ]);
    expect(sent().sort()).toEqual(['Bearer token-of-ada', 'Bearer token-of-bob']);
    far.before = (_, response) => void response.writeHead(401).end();
    expect((await ask(add, as('ada'))).status).toBe(503);
  });

  it('goes with the very call that it is for, also where one person has several sign-ins', async () => {
    const { ask } = await mounted({ credentials: upstreamToken(), lists: 'without credentials' });
    const tokens = Array.from({ length: 20 }, (_, n) => `token-${n}`);
    const signedIn = (accessToken: string) => ({
      principal: user('ada'),
      upstream: async () => ({ accessToken, scopes: [] }),
    });
    const call = (token: string, n: number) =>
      ask(legacy('tools/call', { name: 'add', arguments: { a: n, b: 0 } }), signedIn(token));
    await Promise.all(tokens.map(call));
    const calls = far.seen.filter((headers) => headers['mcp-method'] === 'tools/call');
    expect(calls.map(({ authorization }) => authorization).sort()).toEqual(
      tokens.map((token) => `Bearer ${token}`).sort(),
    );
  });

  it('is nothing where the caller signed in nowhere, or that sign-in has ended: that is said as it is', async () => {
    const { ask } = await mounted({ credentials: upstreamToken(), lists: 'without credentials' });
    far.seen.length = 0;
    const nowhere = await ask(add, { principal: user('ada') });
    expect(nowhere.body.result).toMatchObject({ isError: true, content: [{ text: 'There is no identity provider.' }] });
    const upstream = async () => Promise.reject(new InvalidToken('upstream_ended'));
    for (const _ of [1, 2, 3, 4]) expect((await ask(add, { principal: user('bob'), upstream })).status).toBe(401);
    expect(far.seen).toEqual([]);
    const again = async () => ({ accessToken: 'token-of-bob', scopes: [] });
    expect((await ask(add, { principal: user('bob'), upstream: again })).status).toBe(200);
  });

  it("must be said so that nobody shares what is the caller's", () => {
    const make = (more: object) => () => remote(far.url, { name: 'trips', policy: POLICY, ...more });
    const credentials = upstreamToken();
    expect(make({ credentials })).toThrow("lists says what lists are read with where credentials are the caller's");
    expect(make({ credentials, lists: upstreamToken() })).toThrow('credentials of ours');
    expect(make({ lists: fixedHeaders({ a: 'b' }) })).toThrow('and only there');
    expect(make({ credentials, lists: 'without credentials', perPrincipal: false })).toThrow(
      'need a connection for each',
    );
  });
});
