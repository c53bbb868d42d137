import {
  Client,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { jwt } from '../../providers/jwt.ts';
import { oidc } from '../../providers/oidc.ts';
import { listenForCallback } from '../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../src/client/oauth-state.ts';
import { startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { createPerson } from '../support/person.ts';
import { refresh, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A host whose people are those of another provider, which runs in a process of its own. */
async function start(auth: (issuer: string) => ReturnType<typeof jwt>) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = startNode('test/support/providers/independent-provider.ts', [
    `${url}/notes/mcp`,
    `${url}/auth/callback/oidc`,
  ]);
  open.push(() => provider.stop());
  const [, issuer = ''] = await provider.next(/listening (\S+)/);
  const world = await startWorld({ port, settings: { auth: auth(issuer) } });
  open.push(() => world.close());
  return { url, issuer };
}

test('people of an independent OpenID provider sign in behind our authorization server', async () => {
  const { url } = await start((issuer) =>
    oidc({ issuer, clientId: 'our-app', clientSecret: 'a secret that only this test knows', title: 'Independent' }),
  );
  const person = await signIn(url);

  expect(decodeJwt(person.access)).toMatchObject({
    iss: url,
    sub: 'oidc:ada-1',
    name: 'Ada',
    email: 'ada@example.com',
  });
  expect((await refresh(url, person.client, person.refresh)).status).toBe(200);
});

test('a client of the SDK registers and signs in at an independent provider, and calls us with its token', async () => {
  const { url, issuer } = await start((at) => jwt({ issuer: at }));
  const callback = await listenForCallback();
  open.push(() => callback.close());
  const ada = createPerson('ada', '');
  const provider = keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
    clientName: 'SDK client',
    callback,
    present: (page) => ada.open(page),
  });
  const connect = async () => {
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    const transport = new StreamableHTTPClientTransport(new URL(`${url}/notes/mcp`), { authProvider: provider });
    return { client, transport, connected: client.connect(transport) };
  };
  const first = await connect();
  await expect(first.connected).rejects.toThrow(UnauthorizedError);
  await first.transport.finishAuth(await provider.answer());
  const { client, connected } = await connect();
  await connected;
  open.push(() => client.close());

  expect(ada.visited[0]?.origin).toBe(issuer);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('list_notes');
  await client.callTool({ name: 'list_notes', arguments: {} });
  expect(decodeJwt((await provider.tokens())?.access_token ?? '')).toMatchObject({
    iss: issuer,
    aud: `${url}/notes/mcp`,
  });
});
