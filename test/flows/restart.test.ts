import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walk } from '../support/form-walker.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

const REDIRECT = 'http://127.0.0.1:49152/callback';
const METADATA = {
  redirect_uris: [REDIRECT],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
};
const insecure = { [oauth.allowInsecureRequests]: true } as const;

let directory: string;
let world: World;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
  await rm(directory, { recursive: true, force: true });
});

/** Ends the host and starts another over the same folder, at the same address. */
async function restart(): Promise<void> {
  const { port } = new URL(world.url);
  await world.host.close();
  world = await startWorld({ directory: world.directory, port: Number(port) });
}

async function server(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(world.url);
  return oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  );
}

describe('a restart in the middle of a flow', () => {
  it('loses nothing, between any two steps', async () => {
    const as = await server();
    const client = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(as, METADATA, insecure),
    );
    const verifier = oauth.generateRandomCodeVerifier();
    const state = randomBytes(8).toString('hex');
    const resource = `${world.url}/notes/mcp`;
    const url = new URL(String(as.authorization_endpoint));
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'notes:read notes:write',
      resource,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const arrived = await walk(url, {
      username: 'ada',
      password: PASSWORDS.ada,
      redirectUri: REDIRECT,
      beforeStep: restart,
    });
    await restart();
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      oauth.validateAuthResponse(as, client, arrived, state),
      REDIRECT,
      verifier,
      { additionalParameters: { resource }, ...insecure },
    );
    const first = await oauth.processAuthorizationCodeResponse(as, client, answer);
    await restart();
    expect(await call(first.access_token, 'add_note', { text: 'kept' })).toBe(200);
    const refreshed = await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.None(),
      String(first.refresh_token),
      insecure,
    );
    const second = await oauth.processRefreshTokenResponse(as, client, refreshed);
    await restart();
    expect(await call(second.access_token, 'list_notes', {})).toBe(200);
    expect(second.refresh_token).not.toBe(first.refresh_token);
  });

  it('RF-11 remembers which refresh tokens were rotated', async () => {
    const { as, client, tokens } = await signedIn();
    const grace = Number(world.host.config.refreshGrace);
    const refresh = (token: string) => oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, insecure);
    const rotated = await oauth.processRefreshTokenResponse(as, client, await refresh(tokens.refresh_token));
    await restart();
    const now = Date.now();
    const later = now + (grace + 1) * 1000;
    const clock = Date.now;
    Date.now = () => later;
    try {
      const replayed = await refresh(tokens.refresh_token);
      expect([replayed.status, await replayed.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
      const sibling = await refresh(String(rotated.refresh_token));
      expect([sibling.status, await sibling.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
      expect(await call(rotated.access_token, 'list_notes', {})).toBe(401);
    } finally {
      Date.now = clock;
    }
  });
});

async function signedIn() {
  const as = await server();
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, METADATA, insecure),
  );
  const verifier = oauth.generateRandomCodeVerifier();
  const resource = `${world.url}/notes/mcp`;
  const url = new URL(String(as.authorization_endpoint));
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const arrived = await walk(url, { username: 'ada', password: PASSWORDS.ada, redirectUri: REDIRECT });
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    oauth.validateAuthResponse(as, client, arrived, oauth.expectNoState),
    REDIRECT,
    verifier,
    { additionalParameters: { resource }, ...insecure },
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer);
  return { as, client, tokens: { access_token: tokens.access_token, refresh_token: String(tokens.refresh_token) } };
}

async function call(token: string, name: string, args: object): Promise<number> {
  const response = await fetch(`${world.url}/notes/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });
  await response.text();
  return response.status;
}
