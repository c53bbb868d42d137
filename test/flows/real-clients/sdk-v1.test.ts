import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackCallback, listenForCallback } from '../../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../../src/client/oauth-state.ts';
import { createPerson } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

const ADD = { name: 'add_note', arguments: { text: 'from a v1 client' } };

describe('the MCP SDK 1 client', () => {
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

  function v1Client() {
    const url = new URL(`${world.url}/notes/mcp`);
    const ada = createPerson('ada', PASSWORDS.ada);
    const provider = keepOAuthState<OAuthClientInformationMixed, OAuthTokens, never>({
      clientName: 'v1 client',
      callback,
      present: (page) => ada.open(page),
    });
    const open = () => ({
      client: new Client({ name: 'test', version: '1.0.0' }),
      transport: new StreamableHTTPClientTransport(url, { authProvider: provider }),
    });
    return { url, ada, provider, open };
  }

  async function signedIn() {
    const made = v1Client();
    const first = made.open();
    await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
    await first.transport.finishAuth((await made.provider.answer()).get('code') ?? '');
    const { client, transport } = made.open();
    await client.connect(transport);
    return { ...made, client, transport };
  }

  it('discovers, registers, signs in, lists what it may use and calls', async () => {
    const { ada, client } = await signedIn();
    expect(ada.visited[0]?.searchParams.get('scope')).toBe('notes:read');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['list_notes', 'read_note']),
    );
    expect((await client.callTool({ name: 'list_notes', arguments: {} })).structuredContent).toEqual({ notes: [] });
    await client.close();
  });

  it('does not step up while it holds a refresh token, and is let in after a fresh sign-in with the wider scope', async () => {
    const { ada, client, provider, url, open } = await signedIn();
    await expect(client.callTool(ADD)).rejects.toThrow('Server returned 403 after trying upscoping');
    expect(ada.visited).toHaveLength(1);
    await client.close();

    const { refresh_token: _, ...tokens } = provider.tokens() ?? { access_token: '', token_type: '' };
    provider.saveTokens(tokens);
    expect(await auth(provider, { serverUrl: url, scope: 'notes:read notes:write' })).toBe('REDIRECT');
    const code = (await provider.answer()).get('code') ?? '';
    expect(await auth(provider, { serverUrl: url, authorizationCode: code })).toBe('AUTHORIZED');
    const again = open();
    await again.client.connect(again.transport);
    expect((await again.client.callTool(ADD)).isError ?? false).toBe(false);
    await again.client.close();
  });

  it('steps up like newer clients once it has no refresh token', async () => {
    const { ada, client, transport, provider } = await signedIn();
    const { refresh_token: _, ...tokens } = provider.tokens() ?? { access_token: '', token_type: '' };
    provider.saveTokens(tokens);
    await expect(client.callTool(ADD)).rejects.toThrow(UnauthorizedError);
    expect(ada.visited[1]?.searchParams.get('scope')).toContain('notes:write');
    await transport.finishAuth((await provider.answer()).get('code') ?? '');
    expect((await client.callTool(ADD)).isError ?? false).toBe(false);
    await client.close();
  });
});
