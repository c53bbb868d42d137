import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertedToken, assertionOf, keyMachine, machineToken, secretMachine } from '../support/machine.ts';
import { ask, basic, callTool, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import {
  type Authorized,
  authorize,
  authorizeUrl,
  CALLBACK,
  redeem,
  refresh,
  registerClient,
  signIn,
} from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let said: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
  said = (await ask(`${world.url}/.well-known/oauth-authorization-server`)).body;
});
afterAll(() => world.close());

/** A list of the metadata. Throws where it says nothing of that name. */
function list(name: string): readonly string[] {
  const value = said[name];
  if (!Array.isArray(value)) throw new Error(`The metadata have no list ${name}.`);
  return value as readonly string[];
}

/** The parameters that an authorization request comes back with, or the status of the page it ends on. */
async function answerTo(changes: Readonly<Record<string, string | undefined>>): Promise<Record<string, string>> {
  const client = await registerClient(world.url);
  const answer = await ask(authorizeUrl(world.url, client, changes));
  const location = new URL(answer.headers.get('location') ?? 'about:', world.url);
  return location.href.startsWith(CALLBACK) ? Object.fromEntries(location.searchParams) : { on: location.pathname };
}

const redeemWith = ({ client, code, verifier }: Authorized, fields: object, headers = {}): Promise<PlainAnswer> =>
  postForm(
    `${world.url}/token`,
    {
      grant_type: 'authorization_code',
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      code,
      code_verifier: verifier,
      ...fields,
    },
    headers,
  );

describe('MD-08 what the metadata say', () => {
  it('MD-08 is the whole of it: members, and values in them', () => {
    expect(said).toMatchObject({
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    });
    const absent = [
      'pushed_authorization_request_endpoint',
      'device_authorization_endpoint',
      'userinfo_endpoint',
      'end_session_endpoint',
      'backchannel_authentication_endpoint',
      'request_parameter_supported',
      'request_uri_parameter_supported',
      'dpop_signing_alg_values_supported',
      'tls_client_certificate_bound_access_tokens',
    ];
    for (const name of absent) expect(said).not.toHaveProperty(name);
  });

  it('MD-08 leads to endpoints that answer, and to no other', async () => {
    const endpoints = Object.entries(said).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
    expect(endpoints.length).toBe(6);
    for (const [name, url] of endpoints) {
      expect([name, (await ask(String(url))).status]).not.toEqual([name, 404]);
    }
    for (const path of [
      '/par',
      '/request',
      '/device',
      '/device/auth',
      '/me',
      '/userinfo',
      '/end-session',
      '/session/end',
      '/backchannel',
      '/challenge',
      '/reg',
      '/auth',
      '/certs',
      '/oauth/token',
    ]) {
      for (const method of ['GET', 'POST']) {
        expect([method, path, (await ask(`${world.url}${path}`, { method })).status]).toEqual([method, path, 404]);
      }
    }
  });

  it('MD-08 makes every listed response type, mode and challenge method work, and no other', async () => {
    expect((await answerTo({})).on).toMatch(/^\/interaction\//);
    expect((await answerTo({ response_mode: 'query' })).on).toMatch(/^\/interaction\//);
    for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none']) {
      expect(list('response_types_supported')).not.toContain(response_type);
      expect(await answerTo({ response_type })).toMatchObject({ error: 'unsupported_response_type' });
    }
    for (const response_mode of ['fragment', 'form_post', 'web_message', 'jwt', 'query.jwt']) {
      expect(await answerTo({ response_mode })).toMatchObject({ error: 'invalid_request' });
    }
    for (const code_challenge_method of ['plain', 'S512', undefined]) {
      expect(await answerTo({ code_challenge_method })).toMatchObject({ error: 'invalid_request', iss: world.url });
    }
  });

  it('MD-08 makes every listed scope one that can be had, at the mount that lists it', async () => {
    const scopes = list('scopes_supported');
    expect(scopes).toEqual(['notes:read', 'notes:write', 'notes:admin']);
    for (const scope of scopes) {
      const { arrived, ...authorized } = await authorize(world.url, { scope });
      expect(arrived.searchParams.get('iss')).toBe(said.issuer);
      expect((await redeem(world.url, { arrived, ...authorized })).body.scope).toBe(scope);
    }
    for (const scope of ['openid', 'offline_access:all', 'profile', 'gatehouse:bare-access notes:none']) {
      expect(await answerTo({ scope })).toMatchObject({ error: 'invalid_scope' });
    }
  });

  it('MD-08 makes every listed way to authenticate work at the token endpoint', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] };
    for (const method of list('token_endpoint_auth_methods_supported')) {
      const metadata = { token_endpoint_auth_method: method, ...(method === 'private_key_jwt' && { jwks }) };
      const client = await registerClient(world.url, metadata);
      const authorized = await authorize(world.url, { client });
      const { client_id, client_secret = 'made-up' } = client;
      const assertion = new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setIssuer(client_id).setSubject(client_id);
      const ways: Record<string, () => Promise<PlainAnswer>> = {
        none: () => redeemWith(authorized, {}),
        client_secret_basic: () => redeemWith(authorized, {}, basic(client_id, client_secret)),
        client_secret_post: () => redeemWith(authorized, { client_secret }),
        private_key_jwt: async () =>
          redeemWith(authorized, {
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: await assertion
              .setAudience(world.url)
              .setJti(client_id)
              .setIssuedAt()
              .setExpirationTime('60s')
              .sign(privateKey),
          }),
      };
      for (const [way, tryIt] of Object.entries(ways)) {
        if (way !== method && way !== 'none')
          expect([method, way, (await tryIt()).status]).not.toEqual([method, way, 200]);
      }
      expect([method, (await ways[method]?.())?.status]).toEqual([method, 200]);
    }
    for (const method of [
      'client_secret_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'attest_jwt_client_auth',
    ]) {
      const answer = await postJson(`${world.url}/register`, {
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: method,
      });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    }
  });

  it('MD-08 makes every listed grant work, and no other', async () => {
    const signedIn = await signIn(world.url);
    expect((await refresh(world.url, signedIn.client, signedIn.refresh)).status).toBe(200);
    const secret = await secretMachine(world.host.authorization, ['notes:read']);
    const key = await keyMachine(world.host.authorization, ['notes:read']);
    const tokens = [
      await machineToken(world.url, secret),
      await assertedToken(world.url, await assertionOf(key, world.url)),
    ];
    for (const { body } of tokens) {
      expect((await callTool(`${world.url}/notes/mcp`, String(body.access_token), 'list_notes')).status).toBe(200);
    }
    for (const grant_type of [
      'password',
      'implicit',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:openid:params:grant-type:ciba',
    ]) {
      expect(list('grant_types_supported')).not.toContain(grant_type);
      const answer = await postForm(`${world.url}/token`, { grant_type, client_id: signedIn.client.client_id });
      expect([grant_type, answer.body.error]).toEqual([grant_type, 'unsupported_grant_type']);
    }
  });

  it('MD-08 lists the signature algorithms of assertions that are taken', async () => {
    const kinds = {
      ES256: ['ec', { namedCurve: 'P-256' }],
      RS256: ['rsa', { modulusLength: 2048 }],
      EdDSA: ['ed25519', {}],
      ES384: ['ec', { namedCurve: 'P-384' }],
    } as const;
    for (const [alg, [type, options]] of Object.entries(kinds)) {
      const { privateKey, publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
      const listed = list('token_endpoint_auth_signing_alg_values_supported').includes(alg);
      const added = world.host.authorization.machines.add({
        name: alg,
        scopes: ['notes:read'],
        publicKey: publicKey.export({ format: 'jwk' }),
      });
      const id = await added.then(
        ({ clientId }) => clientId,
        () => 'machine_refused',
      );
      const assertion = await new SignJWT({})
        .setProtectedHeader({ alg })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(world.url)
        .setJti(alg)
        .setIssuedAt()
        .setExpirationTime('60s')
        .sign(privateKey);
      expect([alg, (await assertedToken(world.url, assertion)).status === 200]).toEqual([alg, listed]);
    }
  });
});
