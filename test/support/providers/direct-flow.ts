import {
  Client,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import { listenForCallback } from '../../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../../src/client/oauth-state.ts';
import type { Provider } from '../../../src/gate/provider.ts';
import type { ProviderFromSettings } from '../../../src/gate/provider-from-settings.ts';
import type { HostOptions } from '../../../src/host/create-host.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost } from '../keyed-host.ts';
import { ask, basic, callTool, postForm } from '../plain-http.ts';
import { type DirectDialect, type FakeDirect, MACHINE, startFakeDirect } from './fake-direct.ts';
import { type FakeIssuer, issuerKey } from './fake-issuer.ts';

/** A host with one tool that tells who calls, and the provider that its clients sign people in at. */
export interface DirectWorld {
  readonly far: FakeDirect;
  readonly host: KeyedHost;
  readonly endpoint: string;
  /** Moves the host's clock, in seconds. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

/** Starts both. The tool `whoami` needs the scope `notes:read`. */
export async function startDirectWorld(
  dialect: DirectDialect,
  make: (fake: FakeIssuer) => Provider | ProviderFromSettings,
  settings: Partial<HostOptions> = {},
): Promise<DirectWorld> {
  const far = await startFakeDirect(dialect);
  const who = defineServer({ name: 'who', version: '1.0.0' });
  who.tool('whoami', { description: 'Who calls', scopes: ['notes:read'] }, (_input, { principal }) => {
    const { subject, kind, clientId } = principal;
    return { subject, kind, clientId };
  });
  who.tool('beyond', { description: 'A token for the API behind', scopes: ['notes:read'] }, async (_input, call) =>
    call.upstream(),
  );
  let ahead = 0;
  const clock = () => Math.floor(Date.now() / 1000) + ahead;
  const host = await startKeyedHost((at) => at.mount('/a', who).mount('/b', who), {
    auth: make(far.fake),
    clock,
    ...settings,
  });
  const endpoint = `${host.url}/a/mcp`;
  far.audience = endpoint;
  return {
    far,
    host,
    endpoint,
    advance: (seconds) => {
      ahead += seconds;
    },
    async close() {
      await host.close();
      await far.close();
    },
  };
}

/** One story of such a world. */
export interface DirectFlow {
  readonly title: string;
  check(world: DirectWorld): Promise<void>;
}

/** Tells one of them over a world of its own, which is closed whatever becomes of it. */
export async function tell({ check }: DirectFlow, ...made: Parameters<typeof startDirectWorld>): Promise<void> {
  const world = await startDirectWorld(...made);
  await check(world).finally(() => world.close());
}

/** What every provider that clients talk to themselves does over HTTP. */
export const flowsOfPeople: readonly DirectFlow[] = [
  { title: 'the SDK client finds it by the resource’s metadata, registers, signs in and calls', check: signInAndCall },
  { title: 'a token for another mount or from another key is refused; a rotated key is found', check: refuseAndRotate },
];

/** The same, where machines get tokens too. */
export const directFlows: readonly DirectFlow[] = [
  ...flowsOfPeople,
  { title: 'a machine is told from people', check: machineCalls },
];

async function signInAndCall({ far, host, endpoint }: DirectWorld): Promise<void> {
  const callback = await listenForCallback();
  try {
    const provider = keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
      clientName: 'SDK client',
      callback,
      present: async (page) => void (await fetch(page)),
    });
    const open = () => ({
      client: new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } }),
      transport: new StreamableHTTPClientTransport(new URL(endpoint), { authProvider: provider }),
    });
    const first = open();
    await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
    await first.transport.finishAuth(await provider.answer());
    const { client, transport } = open();
    await client.connect(transport);
    const { structuredContent: said } = await client.callTool({ name: 'whoami', arguments: {} });
    expect(said).toMatchObject({ kind: 'user', clientId: 'registered-EXAMPLE' });
    await client.close();
    const { body } = await ask(`${host.url}/.well-known/oauth-protected-resource/a/mcp`);
    expect(body).toMatchObject({ resource: endpoint, authorization_servers: [far.fake.issuer] });
  } finally {
    await callback.close();
  }
}

async function refuseAndRotate({ far, host, endpoint, advance }: DirectWorld): Promise<void> {
  const status = async (token: string) => (await callTool(endpoint, token, 'whoami')).status;
  const good = await far.mint(endpoint, ['notes:read']);
  expect(await status(good)).toBe(200);
  expect(await status(await far.mint(endpoint, []))).toBe(403);
  expect(await status(await far.mint(`${host.url}/b/mcp`, ['notes:read']))).toBe(401);
  expect(host.logged.some((line) => /wrong_audience|required_scope_missing/.test(line))).toBe(true);

  far.fake.keys = [await issuerKey('k2')];
  advance(31);
  expect(await status(await far.mint(endpoint, ['notes:read']))).toBe(200);
  // Its key is published no more.
  expect(await status(good)).toBe(401);
}

async function machineCalls({ far, endpoint }: DirectWorld): Promise<void> {
  const form = { grant_type: 'client_credentials', scope: 'notes:read', audience: endpoint };
  const answer = await postForm(far.tokenEndpoint, form, basic(MACHINE.id, MACHINE.secret));
  const { text, status } = await callTool(endpoint, String(answer.body.access_token), 'whoami');
  expect([status, text]).toEqual([200, expect.stringMatching(/"kind":\s*"machine"/)]);
  expect(text).toContain(MACHINE.id);
  const wrong = await postForm(far.tokenEndpoint, form, basic(MACHINE.id, 'wrong-EXAMPLE'));
  expect(wrong.status).toBe(401);
}
