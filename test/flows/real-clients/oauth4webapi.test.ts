import { generateKeyPairSync } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson } from '../../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';
import { callTool, discover, reach, refresh, register, signIn } from './strict-client.ts';

let world: World;
let resource: URL;
let as: oauth.AuthorizationServer;
beforeAll(async () => {
  world = await startWorld();
  resource = new URL(`${world.url}/notes/mcp`);
  as = await discover(resource);
});
afterAll(() => world.close());

async function newUser(scope = 'notes:read') {
  const client = await register(as);
  const person = createPerson('ada', PASSWORDS.ada);
  const tokens = await signIn({ as, client, person, resource, scope });
  return { client, person, tokens };
}

const challenged = async (call: Promise<Response>) => {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error ?? new Error('The call was not refused.');
  return { status: error.status, ...error.cause[0]?.parameters };
};

describe('oauth4webapi, a strict client that is not ours', () => {
  it('finds one server from the resource, and what it can do', () => {
    expect(as).toMatchObject({
      issuer: world.url,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
    });
  });

  it('signs in with PKCE and gets an RFC 9068 access token for this mount that it can verify itself', async () => {
    const { client, tokens } = await newUser();
    const request = new Request(resource, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(as, request, resource.href, reach);
    expect(claims).toMatchObject({
      iss: world.url,
      aud: resource.href,
      client_id: client.client_id,
      scope: 'notes:read',
    });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'notes:read', expires_in: 900 });
    const answer = await callTool(resource, tokens.access_token, 'list_notes');
    expect(answer.status).toBe(200);
  });

  it('is told every missing scope by a 403, and is let in after a second sign-in with it', async () => {
    const { client, person, tokens } = await newUser();
    const call = () => callTool(resource, tokens.access_token, 'add_note', { text: 'strict' });
    expect(await challenged(call())).toMatchObject({ status: 403, error: 'insufficient_scope', scope: 'notes:write' });
    const wider = await signIn({ as, client, person, resource, scope: 'notes:read notes:write' });
    expect((await callTool(resource, wider.access_token, 'add_note', { text: 'strict' })).status).toBe(200);
  });

  it('finds that its token is good for its mount only', async () => {
    const { tokens } = await newUser();
    const elsewhere = callTool(new URL(`${world.url}/echo/mcp`), tokens.access_token, 'echo', { text: 'x' });
    expect(await challenged(elsewhere)).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('rotates its refresh token with each use and still calls', async () => {
    const { client, tokens } = await newUser();
    const second = await refresh(as, client, String(tokens.refresh_token));
    const third = await refresh(as, client, String(second.refresh_token), { resource: resource.href });
    expect(new Set([tokens, second, third].map(({ refresh_token }) => refresh_token)).size).toBe(3);
    expect((await callTool(resource, third.access_token, 'list_notes')).status).toBe(200);
  });

  it('gets the same answer again when the first was lost on the way', async () => {
    const { client, tokens } = await newUser();
    const { expires_in: before, ...lost } = await refresh(as, client, String(tokens.refresh_token));
    const { expires_in: left, ...again } = await refresh(as, client, String(tokens.refresh_token));
    expect(again).toEqual(lost);
    // The token is the same one: it has grown older in between.
    expect(left).toBeLessThanOrEqual(Number(before));
  });

  it('revokes its grant: neither token is good afterwards', async () => {
    const { client, tokens } = await newUser();
    const answer = await oauth.revocationRequest(as, client, oauth.None(), String(tokens.refresh_token), reach);
    await oauth.processRevocationResponse(answer);
    const refused = refresh(as, client, String(tokens.refresh_token));
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await challenged(callTool(resource, tokens.access_token, 'list_notes'))).toMatchObject({ status: 401 });
  });
});

describe('oauth4webapi at a host that forgives no second use of a refresh token', () => {
  let strict: World;
  beforeAll(async () => {
    strict = await startWorld({ settings: { refreshGrace: 0 } });
  });
  afterAll(() => strict.close());

  it('loses the whole family with the first reuse', async () => {
    const mount = new URL(`${strict.url}/notes/mcp`);
    const server = await discover(mount);
    const client = await register(server);
    const person = createPerson('ada', PASSWORDS.ada);
    const tokens = await signIn({ as: server, client, person, resource: mount, scope: 'notes:read' });
    const next = await refresh(server, client, String(tokens.refresh_token));
    expect((await callTool(mount, next.access_token, 'list_notes')).status).toBe(200);
    const reused = refresh(server, client, String(tokens.refresh_token));
    await expect(reused).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
    await expect(refresh(server, client, String(next.refresh_token))).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await challenged(callTool(mount, next.access_token, 'list_notes'))).toMatchObject({ status: 401 });
  });
});

describe('oauth4webapi as a machine', () => {
  const grant = async (client: oauth.Client, authentication: oauth.ClientAuth) => {
    const parameters = { resource: resource.href, scope: 'notes:write' };
    const answer = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, reach);
    return oauth.processClientCredentialsResponse(as, client, answer);
  };

  async function secretMachine() {
    const added = await world.host.authorization.machines.add({ name: 'm', scopes: ['notes:write'], secret: true });
    const authentication = oauth.ClientSecretBasic(String(added.clientSecret));
    return { client: { client_id: added.clientId }, authentication };
  }

  it('gets a token with its secret, calls, and gets no refresh token', async () => {
    const { client, authentication } = await secretMachine();
    const tokens = await grant(client, authentication);
    expect(tokens).toMatchObject({ scope: 'notes:write', expires_in: 600 });
    expect(tokens.refresh_token).toBeUndefined();
    expect((await callTool(resource, tokens.access_token, 'add_note', { text: 'by a machine' })).status).toBe(200);
  });

  it('gets a token with its private key, over an assertion made for the issuer', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const added = await world.host.authorization.machines.add({ name: 'k', scopes: ['notes:write'], publicKey: jwk });
    const key = privateKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    const tokens = await grant({ client_id: added.clientId }, oauth.PrivateKeyJwt(key));
    expect((await callTool(resource, tokens.access_token, 'add_note', { text: 'by a key' })).status).toBe(200);
  });

  it('introspects its own token, learns nothing about the token of another', async () => {
    const { client, authentication } = await secretMachine();
    const look = async (token: string) => {
      const answer = await oauth.introspectionRequest(as, client, authentication, token, reach);
      return oauth.processIntrospectionResponse(as, client, answer);
    };
    const { access_token: own } = await grant(client, authentication);
    expect(await look(own)).toMatchObject({ active: true, client_id: client.client_id, scope: 'notes:write' });
    const { tokens } = await newUser();
    expect(await look(tokens.access_token)).toEqual({ active: false });
  });

  it('introspects the tokens of a resource that it was registered for', async () => {
    const introspects = [resource.href];
    const added = await world.host.authorization.machines.add({ name: 'rs', scopes: [], introspects, secret: true });
    const client = { client_id: added.clientId };
    const authentication = oauth.ClientSecretBasic(String(added.clientSecret));
    const { tokens, client: owner } = await newUser();
    const answer = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, reach);
    const seen = await oauth.processIntrospectionResponse(as, client, answer);
    expect(seen).toMatchObject({ active: true, client_id: owner.client_id, aud: resource.href, scope: 'notes:read' });
  });
});
