import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, basic, isLive, postForm, register } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('client authentication', () => {
  let world: World;
  let machine: { readonly clientId: string; readonly clientSecret?: string };
  let keyed: string;
  let privateKey: CryptoKey;
  beforeAll(async () => {
    world = await startWorld();
    const { machines } = world.authorization;
    machine = await machines.add({ name: 'robot', scopes: ['notes:write'], secret: true });
    const pair = await generateKeyPair('ES256', { extractable: true });
    privateKey = pair.privateKey;
    const publicKey = await exportJWK(pair.publicKey);
    keyed = (await machines.add({ name: 'keyed', scopes: ['notes:read'], publicKey })).clientId;
  });
  afterAll(() => world.close());

  const secret = () => machine.clientSecret ?? '';
  const ask = (fields: Record<string, string>, headers: Record<string, string> = {}, at = world): Promise<Answer> =>
    postForm(at, '/token', { grant_type: 'client_credentials', resource: world.notes, ...fields }, headers);
  const now = () => Math.floor(Date.now() / 1000);
  const assertion = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = privateKey) =>
    new SignJWT({
      iss: keyed,
      sub: keyed,
      aud: world.issuer,
      jti: crypto.randomUUID(),
      iat: now(),
      exp: now() + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(key);
  const present = async (client_assertion: string, fields: Record<string, string> = {}, at = world) =>
    ask({ client_assertion, client_assertion_type: ASSERTION, ...fields }, {}, at);
  const refused = (answer: Answer) => expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);

  it('CC-01 answers an unknown client and a wrong secret alike, with a Basic challenge where Basic was used', async () => {
    const wrong = await ask({}, basic(machine.clientId, 'wrong'));
    const unknown = await ask({}, basic('machine_unknown', secret()));
    refused(wrong);
    expect(unknown.body).toEqual(wrong.body);
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
    const posted = await ask({ client_id: machine.clientId, client_secret: 'wrong' });
    expect(posted.body).toEqual(wrong.body);
    expect(posted.headers.has('www-authenticate')).toBe(false);
    expect((await ask({}, basic(machine.clientId, secret()))).status).toBe(200);
    expect((await ask({ client_id: machine.clientId, client_secret: secret() })).status).toBe(200);
  });

  it('CC-02 refuses two ways to authenticate at once, and takes an equal client_id beside Basic', async () => {
    const proof = basic(machine.clientId, secret());
    const token = await assertion();
    const both = [
      await ask({ client_secret: secret() }, proof),
      await ask({ client_assertion: token, client_assertion_type: ASSERTION }, proof),
      await present(token, { client_secret: secret() }),
      await ask({ client_id: 'other' }, proof),
    ];
    for (const answer of both) expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    expect((await ask({ client_id: machine.clientId }, proof)).status).toBe(200);
    expect((await present(token)).status).toBe(200);
  });

  it('CC-02 refuses a second Authorization header', async () => {
    const { request } = await import('node:http');
    const body = `grant_type=client_credentials&resource=${encodeURIComponent(world.notes)}`;
    const line = basic(machine.clientId, secret()).authorization ?? '';
    const status = await new Promise((resolve) => {
      const headers = ['Authorization', line, 'Authorization', line, 'Content-Length', String(body.length)];
      const sent = request(`${world.at}/token`, {
        method: 'POST',
        headers: [...headers, 'Content-Type', 'application/x-www-form-urlencoded'],
      });
      sent.on('response', (response) => resolve(response.resume().statusCode)).end(body);
    });
    expect(status).toBe(400);
  });

  it('CC-03 holds every client to the way it registered', async () => {
    refused(await ask({ client_id: keyed, client_secret: 'x' }));
    refused(await ask({ client_id: keyed }));
    refused(await ask({ client_id: machine.clientId }));
    const open = await register(world);
    const code = { grant_type: 'authorization_code', code: 'x', code_verifier: 'v'.repeat(43) };
    refused(await postForm(world, '/token', { ...code, client_id: open.client_id, client_secret: 'x' }));
    const byHeader = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const inForm = await register(world, { token_endpoint_auth_method: 'client_secret_post' });
    const post = ({ client_id, client_secret }: Record<string, unknown>) =>
      postForm(world, '/token', { ...code, client_id: String(client_id), client_secret: String(client_secret) });
    const head = ({ client_id, client_secret }: Record<string, unknown>) =>
      postForm(world, '/token', code, basic(String(client_id), String(client_secret)));
    refused(await post(byHeader));
    refused(await head(inForm));
    expect((await head(byHeader)).body.error).toBe('invalid_grant');
    expect((await post(inForm)).body.error).toBe('invalid_grant');
  });

  it('CC-05 refuses malformed Basic credentials, and takes any case and form encoding', async () => {
    const encode = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64');
    const pair = `${machine.clientId}:${secret()}`;
    const malformed = [
      `${encode(pair)}!`,
      ` ${encode(pair)}x y`,
      encode('nocolon'),
      encode('a:%zz'),
      encode(':secret'),
    ];
    for (const value of [...malformed, encode(Uint8Array.of(0xff, 0x3a, 0xfe)), '', encode(`${machine.clientId}:`)]) {
      const answer = await ask({}, { authorization: `Basic ${value}`.trim() });
      refused(answer);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
    expect((await ask({}, { authorization: `basic ${encode(pair)}` })).status).toBe(200);
    const escaped = `${machine.clientId.replace('_', '%5F')}:${secret()}`;
    expect((await ask({}, { authorization: `Basic ${encode(escaped)}` })).status).toBe(200);
    expect((await ask({}, { authorization: 'Bearer x' })).status).toBe(400);
  });

  it('CC-08 finds no client under the names of object members, or under odd spellings of an id', async () => {
    const odd = [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      `${machine.clientId}\0`,
      `${machine.clientId} `,
    ];
    for (const id of [...odd, 'é'.normalize('NFD'), 'x'.repeat(100_000)]) {
      refused(await ask({ client_id: id, client_secret: secret() }));
    }
  });

  it('CC-09 takes an assertion once: of twenty at once on two nodes, and after a restart', async () => {
    const other = await startWorld({ twinOf: world });
    const token = await assertion();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => present(token, {}, index % 2 === 0 ? world : other)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) refused(answer);
    await other.close();
    const restarted = await startWorld({ twinOf: world });
    refused(await present(token, {}, restarted));
    await restarted.close();
  });

  it('CC-10 does not use up an assertion in a request that is refused for its own form', async () => {
    const token = await assertion();
    expect((await present(token, { resource: 'https://elsewhere.example' })).body.error).toBe('invalid_target');
    expect((await present(token)).status).toBe(200);
  });

  it('CC-11 takes exactly the issuer as the audience', async () => {
    const audiences = [
      `${world.issuer}/token`,
      [world.issuer],
      [world.issuer, 'https://evil.example'],
      `${world.issuer}/`,
    ];
    for (const aud of [...audiences, 'https://other.example', undefined])
      refused(await present(await assertion({ aud })));
    expect((await present(await assertion())).status).toBe(200);
  });

  it('CC-12 takes assertions that are short-lived and identified only', async () => {
    const wrong = [
      { exp: undefined },
      { exp: now() - 60 },
      { exp: now() + 600 },
      { iat: now() + 61 },
      { nbf: now() + 61 },
      { jti: undefined },
      { jti: 7 },
      { jti: 'x'.repeat(6000) },
    ];
    for (const claims of wrong) refused(await present(await assertion(claims)));
    expect((await present(await assertion({ nbf: now() + 8 }))).status).toBe(200);
  });

  it('CC-13 takes an assertion for nobody but its own client', async () => {
    refused(await present(await assertion({ iss: machine.clientId })));
    refused(await present(await assertion({ sub: machine.clientId })));
    refused(await present(await assertion({ sub: undefined })));
    refused(await present(await assertion(), { client_id: machine.clientId }));
    const stranger = await generateKeyPair('ES256');
    refused(await present(await assertion({}, {}, stranger.privateKey)));
  });

  it('CC-14 takes no other algorithm, key or kind of JWT', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: keyed, sub: keyed, aud: world.issuer, jti: 'n', exp: now() + 60 };
    refused(await present(`${part({ alg: 'none' })}.${part(claims)}.`));
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('k'.repeat(32)));
    refused(await present(hmac));
    for (const typ of ['dpop+jwt', 'oauth-authz-req+jwt', 'at+jwt'])
      refused(await present(await assertion({}, { typ })));
    const rsa = await generateKeyPair('RS256');
    refused(await present(await assertion({}, { alg: 'RS256' }, rsa.privateKey)));
    for (const typ of ['JWT', 'client-authentication+jwt']) {
      expect((await present(await assertion({}, { typ }))).status).toBe(200);
    }
  });

  it('CC-15 fetches a key set once through the guarded way out, and blames nobody while its host is down', async () => {
    const { FetchFailed } = await import('../../src/core/safe-fetch.ts');
    const pair = await generateKeyPair('ES256', { extractable: true });
    const keys = JSON.stringify({ keys: [await exportJWK(pair.publicKey)] });
    const asked: string[] = [];
    let down = true;
    const own = await startWorld({
      fetch: async (url) => {
        asked.push(url);
        if (down) throw new FetchFailed('connection_failed', 'down');
        return { status: 200, headers: new Headers(), body: Buffer.from(keys) };
      },
    });
    const method = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/jwks.json' };
    const client = await register(own, method);
    expect(asked).toEqual([]);
    const claims = () => ({ iss: client.client_id, sub: client.client_id, aud: own.issuer, jti: crypto.randomUUID() });
    const attempt = async (kid?: string) => {
      const token = await new SignJWT({ ...claims(), exp: now() + 60 })
        .setProtectedHeader({ alg: 'ES256', ...(kid && { kid }) })
        .sign(pair.privateKey);
      const proof = { client_assertion: token, client_assertion_type: ASSERTION };
      return postForm(own, '/token', { grant_type: 'refresh_token', refresh_token: 'x', ...proof });
    };
    const unreachable = await attempt();
    expect([unreachable.status, unreachable.body.error]).toEqual([503, 'temporarily_unavailable']);
    down = false;
    expect((await attempt()).body.error).toBe('invalid_grant');
    const fetched = asked.length;
    for (let tries = 0; tries < 10; tries += 1) refused(await attempt(`unknown ${tries}`));
    down = true;
    expect((await attempt()).body.error).toBe('invalid_grant');
    expect(asked).toHaveLength(fetched);
    await own.close();
  });

  it('CC-16 refuses an assertion without its type, a type without its assertion, and a huge one', async () => {
    expect((await ask({ client_assertion: await assertion() })).status).toBe(400);
    expect((await present(await assertion(), { client_assertion_type: 'urn:x' })).status).toBe(400);
    refused(await ask({ client_assertion_type: ASSERTION, client_id: keyed }));
    refused(await present('x'.repeat(20_000), { client_id: keyed }));
    refused(await present('x'.repeat(100_000)));
  });

  it('CC-17 gives machine tokens to nobody who registered on their own', async () => {
    const open = await register(world);
    expect((await ask({ client_id: open.client_id })).body.error).toBe('unauthorized_client');
    const own = await register(world, { token_endpoint_auth_method: 'client_secret_post' });
    const answer = await ask({ client_id: own.client_id, client_secret: String(own.client_secret) });
    expect([answer.status, answer.body.error]).toEqual([400, 'unauthorized_client']);
    refused(await ask({ client_id: own.client_id }));
  });

  it('CC-18 holds a machine to its scopes and to one resource', async () => {
    const proof = basic(machine.clientId, secret());
    for (const scope of ['notes:admin', 'math:use', 'notes:write no:such', 'a "']) {
      expect((await ask({ scope }, proof)).body.error).toBe('invalid_scope');
    }
    for (const resource of ['', 'https://elsewhere.example/mcp']) {
      expect((await ask({ resource }, proof)).body.error).toBe('invalid_target');
    }
    const without = await postForm(world, '/token', { grant_type: 'client_credentials' }, proof);
    expect(without.body.error).toBe('invalid_target');
    const two = ['resource', 'resource'].map((name): [string, string] => [name, world.notes]);
    const both = await postForm(world, '/token', [['grant_type', 'client_credentials'], ...two], proof);
    expect(both.body.error).toBe('invalid_target');
    expect((await ask({ scope: 'notes:write notes:read' }, proof)).body.scope).toBe('notes:write notes:read');
    expect((await ask({}, proof)).body.scope).toBe('notes:read');
  });

  it('CC-18 asks who it is before anything else, and names the missing resource to whoever has said it', async () => {
    const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      postForm(world, '/token', { grant_type: 'client_credentials', ...fields }, headers);
    for (const fields of [
      {},
      { client_id: machine.clientId },
      { client_id: machine.clientId, client_secret: 'wrong' },
    ]) {
      refused(await ask(fields));
    }
    refused(await ask({}, basic(machine.clientId, 'wrong')));
    refused(await ask({ resource: 'https://elsewhere.example/mcp' }));
    const known = await ask({}, basic(machine.clientId, secret()));
    expect([known.status, known.body.error]).toEqual([400, 'invalid_target']);
    const token = await assertion();
    const asserted = { client_assertion: token, client_assertion_type: ASSERTION };
    expect((await ask(asserted)).body.error).toBe('invalid_target');
    expect((await ask({ ...asserted, resource: world.notes })).status).toBe(200);
  });

  it('CC-18 holds a machine to the resources it was registered for', async () => {
    const proof = {
      name: 'math only',
      scopes: ['math:use', 'notes:read'],
      resources: [world.math],
      secret: true as const,
    };
    const added = await world.authorization.machines.add(proof);
    const headers = basic(added.clientId, added.clientSecret ?? '');
    expect((await ask({}, headers)).body.error).toBe('invalid_target');
    expect((await ask({ resource: world.math, scope: 'math:use' }, headers)).status).toBe(200);
  });

  it('CC-19 gives a machine a token of its own kind, without a refresh token', async () => {
    const answer = await ask({}, basic(machine.clientId, secret()));
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    expect(answer.body).not.toHaveProperty('refresh_token');
    const claims = decodeJwt(String(answer.body.access_token));
    expect(claims).toMatchObject({ sub: machine.clientId, aud: world.notes, gh_kind: 'machine' });
    const principal = await world.authorization.verifier.verify(String(answer.body.access_token), new URL(world.notes));
    expect([principal.kind, principal.subject]).toEqual(['machine', machine.clientId]);
  });

  it('ends the tokens of a machine that is removed', async () => {
    const added = await world.authorization.machines.add({ name: 'gone', scopes: ['notes:read'], secret: true });
    const proof = basic(added.clientId, added.clientSecret ?? '');
    const { access_token: token } = (await ask({}, proof)).body;
    expect(await isLive(world, token)).toBe(true);
    expect(await world.authorization.machines.remove(added.clientId)).toBe(true);
    expect(await isLive(world, token)).toBe(false);
    refused(await ask({}, proof));
    expect(await world.authorization.machines.remove(added.clientId)).toBe(false);
  });

  it('serves a strict independent client', async () => {
    const as = await oauth.processDiscoveryResponse(
      new URL(world.issuer),
      await oauth.discoveryRequest(new URL(world.issuer), { algorithm: 'oauth2', [oauth.allowInsecureRequests]: true }),
    );
    const client = { client_id: keyed };
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.PrivateKeyJwt(privateKey),
      new URLSearchParams({ resource: world.notes, scope: 'notes:read' }),
      { [oauth.allowInsecureRequests]: true },
    );
    const token = await oauth.processClientCredentialsResponse(as, client, response);
    expect(token.scope).toBe('notes:read');
  });
});
