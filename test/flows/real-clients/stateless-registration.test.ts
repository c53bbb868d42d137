import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Client,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackCallback, listenForCallback } from '../../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../../src/client/oauth-state.ts';
import { createPerson } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

describe('the MCP SDK 2 client where registration keeps nothing', () => {
  let world: World;
  let callback: LoopbackCallback;
  const ids: string[] = [];
  beforeAll(async () => {
    world = await startWorld({ settings: { registration: 'stateless' } });
    callback = await listenForCallback();
  });
  afterAll(async () => {
    await callback.close();
    await world.close();
  });

  it.each(['legacy', 'auto'] as const)('in mode %s registers, signs in, calls and steps up', async (mode) => {
    const ada = createPerson('ada', PASSWORDS.ada);
    const authProvider = keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
      clientName: 'SDK client',
      callback,
      present: (page) => ada.open(page),
    });
    const connection = () => ({
      client: new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } }),
      transport: new StreamableHTTPClientTransport(new URL(`${world.url}/notes/mcp`), { authProvider }),
    });
    const first = connection();
    await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
    const id = ada.visited[0]?.searchParams.get('client_id') ?? '';
    ids.push(id);
    expect(id).toMatch(/^c1\.[\w-]{8}\.[\w-]{60,}$/);
    await first.transport.finishAuth(await authProvider.answer());
    const { client, transport } = connection();
    await client.connect(transport);
    const listed = await client.callTool({ name: 'list_notes', arguments: {} });
    expect(listed.structuredContent).toEqual({ notes: expect.any(Array) });
    await expect(client.callTool({ name: 'add_note', arguments: { text: mode } })).rejects.toThrow(UnauthorizedError);
    await transport.finishAuth(await authProvider.answer());
    expect(ada.visited[1]?.searchParams.get('client_id')).toBe(id);
    const added = await client.callTool({ name: 'add_note', arguments: { text: mode } });
    expect(added.isError).toBeFalsy();
    await client.close();
  });

  it('ST-17 leaves no client in the state, neither in clear nor as a record', async () => {
    const state = (await readdir(world.directory)).filter((file) => file.startsWith('state.db'));
    const texts = await Promise.all(state.map((file) => readFile(join(world.directory, file), 'latin1')));
    expect(texts.join('')).toContain('refresh_token:');
    expect(ids).toHaveLength(2);
    for (const trace of ['registration_token:', 'SDK client', ...ids]) expect(texts.join('')).not.toContain(trace);
    expect(texts.join('')).not.toMatch(/(?<!_)client:/);
  });
});
