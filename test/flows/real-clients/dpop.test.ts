import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineToken, secretMachine } from '../../support/machine.ts';
import { createPerson } from '../../support/person.ts';
import { basic, postForm } from '../../support/plain-http.ts';
import { newProver } from '../../support/prover.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';
import { callTool, discover, reach, refresh, register, signIn } from './strict-client.ts';

/** A strict client of a host, with a key of its own. */
async function visit(world: World) {
  const resource = new URL(`${world.url}/notes/mcp`);
  const as = await discover(resource);
  const client = await register(as);
  const newKey = async () => oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const person = createPerson('ada', PASSWORDS.ada);
  const key = await newKey();
  const enter = (choices: { readonly key?: oauth.DPoPHandle; readonly parameters?: Record<string, string> }) =>
    signIn({ as, client, person, resource, scope: 'notes:read', ...choices });
  return { resource, as, client, key, newKey, enter };
}

/** Does it again with the nonce, where one is asked for; `asked` counts how often. */
async function withNonce<T>(asked: { times: number }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    asked.times += 1;
    return work();
  }
}

const challengeOf = async (call: Promise<Response>) => {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error ?? new Error('The call was not refused.');
  return { status: error.status, scheme: error.cause[0]?.scheme, ...error.cause[0]?.parameters };
};

describe('oauth4webapi with a key, where DPOP accepts proofs', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ settings: { dpop: 'accept', refreshGrace: 0 } });
  });
  afterAll(() => world.close());

  it('is told what proofs are taken, and that none is needed', async () => {
    const { resource, as } = await visit(world);
    expect(as.dpop_signing_alg_values_supported).toEqual(['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256']);
    const found = await oauth.resourceDiscoveryRequest(resource, reach);
    const document = await oauth.processResourceDiscoveryResponse(resource, found);
    expect(document.dpop_signing_alg_values_supported).toEqual(as.dpop_signing_alg_values_supported);
    expect(document).not.toHaveProperty('dpop_bound_access_tokens_required');
  });

  it('gets tokens bound to its key, calls, refreshes and calls again', async () => {
    const { resource, as, client, key, enter } = await visit(world);
    const first = await enter({ key });
    expect(first.token_type).toBe('dpop');
    expect(decodeJwt(first.access_token).cnf).toEqual({ jkt: await key.calculateThumbprint() });
    expect((await callTool(resource, first.access_token, 'list_notes', {}, key)).status).toBe(200);
    const second = await refresh(as, client, String(first.refresh_token), {}, key);
    expect(decodeJwt(second.access_token).cnf).toEqual({ jkt: await key.calculateThumbprint() });
    for (const { access_token } of [first, second]) {
      expect((await callTool(resource, access_token, 'list_notes', {}, key)).status).toBe(200);
    }
  });

  it('gets plain bearer tokens without a proof', async () => {
    const { resource, as, client, enter } = await visit(world);
    const tokens = await enter({});
    expect([tokens.token_type, decodeJwt(tokens.access_token).cnf]).toEqual(['bearer', undefined]);
    expect((await callTool(resource, tokens.access_token, 'list_notes')).status).toBe(200);
    const next = await refresh(as, client, String(tokens.refresh_token));
    expect((await callTool(resource, next.access_token, 'list_notes')).status).toBe(200);
  });

  it('JW-23 finds its token no good without its key or with another, before and after it was used', async () => {
    const { resource, key, newKey, enter } = await visit(world);
    const { access_token: token } = await enter({ key });
    for (let round = 0; round < 2; round += 1) {
      expect(await challengeOf(callTool(resource, token, 'list_notes'))).toMatchObject({
        status: 401,
        scheme: 'bearer',
        error: 'invalid_token',
      });
      expect(await challengeOf(callTool(resource, token, 'list_notes', {}, await newKey()))).toMatchObject({
        status: 401,
        scheme: 'dpop',
        error: 'invalid_token',
        algs: 'ES256 Ed25519 EdDSA PS256 RS256',
      });
      expect((await callTool(resource, token, 'list_notes', {}, key)).status).toBe(200);
    }
  });

  it('finds that a key makes no bound token of a bearer token, remembered or not', async () => {
    const { resource, key, enter } = await visit(world);
    const { access_token: token } = await enter({});
    for (let round = 0; round < 2; round += 1) {
      expect(await challengeOf(callTool(resource, token, 'list_notes', {}, key))).toMatchObject({
        status: 401,
        scheme: 'dpop',
        error: 'invalid_token',
      });
      expect((await callTool(resource, token, 'list_notes')).status).toBe(200);
    }
  });

  it('is told by the DPoP challenge which scopes are missing', async () => {
    const { resource, key, enter } = await visit(world);
    const { access_token: token } = await enter({ key });
    expect(await challengeOf(callTool(resource, token, 'add_note', { text: 'x' }, key))).toMatchObject({
      status: 403,
      scheme: 'dpop',
      error: 'insufficient_scope',
      scope: 'notes:write',
    });
  });

  it('refreshes with its key only, and a wrong try ends nothing', async () => {
    const { as, client, key, newKey, enter } = await visit(world);
    const { refresh_token: token = '' } = await enter({ key });
    await expect(refresh(as, client, token)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(refresh(as, client, token, {}, await newKey())).rejects.toMatchObject({ error: 'invalid_grant' });
    const next = await refresh(as, client, token, {}, key);
    await expect(refresh(as, client, String(next.refresh_token))).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(as, client, String(next.refresh_token), {}, key)).token_type).toBe('dpop');
  });

  it('revokes a bound refresh token without a proof', async () => {
    const { as, client, key, enter } = await visit(world);
    const { refresh_token: token = '' } = await enter({ key });
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), token, reach));
    await expect(refresh(as, client, token, {}, key)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('binds a code to its key in the authorization request: it is good with that key only', async () => {
    const { key, newKey, enter } = await visit(world);
    const parameters = { dpop_jkt: await key.calculateThumbprint() };
    await expect(enter({ parameters })).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(enter({ parameters, key: await newKey() })).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await enter({ parameters, key })).token_type).toBe('dpop');
  });

  it('IN-03 shows the key of a bound token at introspection, to whoever may ask', async () => {
    const { authorization } = world.host;
    const resource = `${world.url}/notes/mcp`;
    const machine = await secretMachine(authorization, ['notes:read'], { introspects: [resource] });
    const prover = await newProver();
    const proof = await prover.prove({ url: `${world.url}/token` });
    const form = { grant_type: 'client_credentials', resource };
    const bound = await postForm(`${world.url}/token`, form, { ...basic(machine.id, machine.secret), dpop: proof });
    expect(bound.body).toMatchObject({ token_type: 'DPoP' });
    const described = async (token: unknown) =>
      (await postForm(`${world.url}/introspect`, { token: String(token) }, basic(machine.id, machine.secret))).body;
    expect(await described(bound.body.access_token)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: prover.thumbprint },
    });
    const plain = await described((await machineToken(world.url, machine)).body.access_token);
    expect([plain.token_type, plain.cnf]).toEqual(['Bearer', undefined]);
  });
});

describe('oauth4webapi with a key, where DPOP and DPOP_NONCE require them', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ settings: { dpop: 'require', dpopNonce: 'require' } });
  });
  afterAll(() => world.close());

  it('is told that only bound tokens are taken', async () => {
    const { resource } = await visit(world);
    const found = await oauth.resourceDiscoveryRequest(resource, reach);
    const document = await oauth.processResourceDiscoveryResponse(resource, found);
    expect(document.dpop_bound_access_tokens_required).toBe(true);
    expect(await challengeOf(callTool(resource, 'x', 'list_notes'))).toMatchObject({
      status: 401,
      scheme: 'dpop',
      error: 'invalid_token',
      algs: 'ES256 Ed25519 EdDSA PS256 RS256',
      resource_metadata: `${world.url}/.well-known/oauth-protected-resource/notes/mcp`,
    });
  });

  it('asks for a nonce once, and takes it at the token endpoint and at the mounts', async () => {
    const { resource, as, client, key, enter } = await visit(world);
    const asked = { times: 0 };
    const tokens = await withNonce(asked, () => enter({ key }));
    const call = (token: string) => callTool(resource, token, 'list_notes', {}, key);
    expect((await withNonce(asked, () => call(tokens.access_token))).status).toBe(200);
    const next = await withNonce(asked, () => refresh(as, client, String(tokens.refresh_token), {}, key));
    expect((await call(next.access_token)).status).toBe(200);
    expect(asked.times).toBe(1);
  });

  it('refuses a sign-in without a proof', async () => {
    const { enter } = await visit(world);
    await expect(enter({})).rejects.toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
  });
});
