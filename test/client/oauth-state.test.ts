import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackCallback, listenForCallback } from '../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../src/client/oauth-state.ts';

describe('the state of a terminal client', () => {
  let callback: LoopbackCallback;
  let presented: URL[];
  beforeEach(async () => {
    callback = await listenForCallback();
    presented = [];
  });
  afterEach(() => callback.close());

  const keep = () =>
    keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
      clientName: 'Notes',
      callback,
      present: (url) => void presented.push(url),
    });

  it('is an OAuthClientProvider of the MCP SDK, for a public native client that comes back to this machine', () => {
    const provider: OAuthClientProvider = keep();
    expect(provider.redirectUrl).toBe(callback.redirectUri);
    expect(provider.clientMetadata).toEqual({
      client_name: 'Notes',
      redirect_uris: [callback.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });

  it('gives back what it was given, and nothing before', () => {
    const state = keep();
    expect([state.clientInformation(), state.tokens(), state.discoveryState()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    state.saveClientInformation({ client_id: 'c1' });
    state.saveTokens({ access_token: 't1', token_type: 'Bearer' });
    state.saveCodeVerifier('v1');
    expect(state.clientInformation()).toEqual({ client_id: 'c1' });
    expect(state.tokens()).toEqual({ access_token: 't1', token_type: 'Bearer' });
    expect(state.codeVerifier()).toBe('v1');
  });

  it('presents the authorization URL and then accepts the answer with the state of that sign-in only', async () => {
    const state = keep();
    const first = state.state();
    const second = state.state();
    expect(second).not.toBe(first);
    await state.redirectToAuthorization(new URL(`https://as.example/authorize?state=${second}`));
    expect(presented.map(String)).toEqual([`https://as.example/authorize?state=${second}`]);
    expect((await fetch(`${callback.redirectUri}?code=c&state=${first}`)).status).toBe(400);
    expect((await fetch(`${callback.redirectUri}?code=c&state=${second}`)).status).toBe(200);
    expect((await state.answer()).get('code')).toBe('c');
  });

  it('has no answer to wait for before a sign-in has begun', () => {
    expect(() => keep().answer()).toThrow('No sign-in is under way.');
  });
});
