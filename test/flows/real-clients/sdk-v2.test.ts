import {
  auth,
  Client,
  type OAuthDiscoveryState,
  OAuthError,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackCallback, listenForCallback } from '../../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../../src/client/oauth-state.ts';
import type { Walker } from '../../support/form-walker.ts';
import { createPerson, type Person } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

let world: World;
let callback: LoopbackCallback;
beforeAll(async () => {
  world = await startWorld();
  callback = await listenForCallback();
});
afterAll(async () => {
  await callback.close();
  await world.close();
});

/** A client of the SDK as its documentation shows it, with a person who opens what it presents. */
function sdkClient(person: Person, mode: 'legacy' | 'auto', choices: Partial<Walker> = {}) {
  const url = new URL(`${world.url}/notes/mcp`);
  const requests: string[] = [];
  const provider = keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
    clientName: 'SDK client',
    callback,
    present: (page) => person.open(page, choices),
  });
  const traced: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname} ${response.status}`);
    return response;
  };
  const open = () => ({
    client: new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } }),
    transport: new StreamableHTTPClientTransport(url, { authProvider: provider, fetch: traced }),
  });
  return { url, provider, requests, open };
}

async function signedIn(person: Person, mode: 'legacy' | 'auto') {
  const made = sdkClient(person, mode);
  const first = made.open();
  await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
  await first.transport.finishAuth(await made.provider.answer());
  const { client, transport } = made.open();
  await client.connect(transport);
  return { ...made, client, transport };
}

const ERAS = [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const;

describe.each(ERAS)('the MCP SDK 2 client in mode %s', (mode, version) => {
  it('discovers, registers, signs in, calls, is refused and steps up', async () => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const { client, transport, provider, requests } = await signedIn(ada, mode);
    expect(requests.slice(0, 5)).toEqual([
      'POST /notes/mcp 401',
      'GET /.well-known/oauth-protected-resource/notes/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /register 201',
      'POST /token 200',
    ]);
    expect(ada.visited[0]?.searchParams.get('scope')).toBe('notes:read');
    expect(ada.visited[0]?.searchParams.get('resource')).toBe(`${world.url}/notes/mcp`);
    expect(client.getNegotiatedProtocolVersion()).toBe(version);

    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['list_notes', 'read_note']));
    const before = await client.callTool({ name: 'list_notes', arguments: {} });
    expect(before.structuredContent).toEqual({ notes: expect.any(Array) });

    const adding = client.callTool({ name: 'add_note', arguments: { text: mode } });
    await expect(adding).rejects.toThrow(UnauthorizedError);
    expect(ada.visited[1]?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['notes:read', 'notes:write']),
    );
    await transport.finishAuth(await provider.answer());
    const added = await client.callTool({ name: 'add_note', arguments: { text: mode } });
    expect(added.isError ?? false).toBe(false);
    const { id } = added.structuredContent as { id: string };
    const noted = await client.callTool({ name: 'list_notes', arguments: {} });
    expect(noted.structuredContent).toEqual({ notes: expect.arrayContaining([{ id, text: mode }]) });
    await client.close();
  });

  it('refreshes its tokens without a person', async () => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const { client, provider, url } = await signedIn(ada, mode);
    const before = provider.tokens();
    expect(await auth(provider, { serverUrl: url })).toBe('AUTHORIZED');
    expect(provider.tokens()?.access_token).not.toBe(before?.access_token);
    expect(provider.tokens()?.refresh_token).not.toBe(before?.refresh_token);
    expect((await client.callTool({ name: 'list_notes', arguments: {} })).isError ?? false).toBe(false);
    expect(ada.visited).toHaveLength(1);
    await client.close();
  });

  it('hears access_denied when the person denies, and that from the right issuer', async () => {
    const { provider, open } = sdkClient(createPerson('ada', PASSWORDS.ada), mode, { decision: 'deny' });
    const { client, transport } = open();
    await expect(client.connect(transport)).rejects.toThrow(UnauthorizedError);
    const answer = await provider.answer();
    expect(answer.get('iss')).toBe(world.url);
    const finishing = transport.finishAuth(answer);
    await expect(finishing).rejects.toThrow(OAuthError);
    await expect(finishing).rejects.toMatchObject({ code: 'access_denied' });
  });
});
