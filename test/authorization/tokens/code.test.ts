import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordName } from '../../../src/authorization/record-name.ts';
import {
  answerOf,
  basic,
  CALLBACK,
  CHALLENGE,
  codeFor,
  isLive,
  postForm,
  type RegisteredClient,
  redeem,
  refresh,
  register,
  signIn,
  VERIFIER,
} from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';

describe('redeeming a code', () => {
  let world: World;
  let client: RegisteredClient;
  beforeAll(async () => {
    world = await startWorld();
    client = await register(world);
  });
  afterAll(() => world.close());

  const form = (code: string) =>
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      code,
    });
  const post = async (body: string | URLSearchParams, type: string | undefined) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const bytes = new TextEncoder().encode(String(body));
    return answerOf(await fetch(`${world.issuer}/token`, { method: 'POST', body: bytes, headers }));
  };

  it('TK-01 takes a POST of exactly one form type, and spends no code otherwise', async () => {
    const code = await codeFor(world, client);
    const get = await fetch(`${world.issuer}/token?${form(code)}`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const types = ['application/json', 'application/json, application/x-www-form-urlencoded', undefined, 'text/plain'];
    for (const type of [
      ...types,
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded; charset=utf-16',
    ]) {
      const answer = await post(form(code), type);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect((await post(form(code), 'application/x-www-form-urlencoded; charset=UTF-8')).status).toBe(200);
  });

  it('TK-02 refuses a repeated or array-like parameter, and spends no code', async () => {
    const code = await codeFor(world, client);
    for (const name of ['code', 'grant_type', 'redirect_uri', 'code_verifier', 'client_id', 'unknown']) {
      const fields = [...form(code), [name, form(code).get(name) ?? '1'], ['unknown', '2']] as [string, string][];
      const answer = await postForm(world, '/token', fields);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    }
    const array = await postForm(world, '/token', [...form(code), ['code[0]', 'x']]);
    expect(array.body.error).toBe('invalid_request');
    expect((await redeem(world, client, code)).status).toBe(200);
  });

  it('TK-03 tells a missing, unknown and unregistered grant apart', async () => {
    const ask = async (grant: Record<string, string>) =>
      (await postForm(world, '/token', { client_id: client.client_id, ...grant })).body.error;
    expect(await ask({})).toBe('invalid_request');
    for (const grant of ['password', 'implicit', 'Authorization_Code', 'urn:x']) {
      expect(await ask({ grant_type: grant })).toBe('unsupported_grant_type');
    }
    expect(await ask({ grant_type: 'client_credentials', resource: world.notes })).toBe('unauthorized_client');
  });

  it('TK-04 answers with a token for one resource that says nothing about the person', async () => {
    const answer = await redeem(world, client, await codeFor(world, client));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'notes:read' });
    expect(Object.keys(answer.body).sort()).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'scope',
      'token_type',
    ]);
    expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    const token = String(answer.body.access_token);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256', kid: expect.any(String) });
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({ iss: world.issuer, aud: world.notes, client_id: client.client_id, gh_kind: 'user' });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
    const names = ['aud', 'client_id', 'exp', 'gh_kind', 'gid', 'iat', 'iss', 'jti', 'scope', 'sub'];
    expect(Object.keys(claims).sort()).toEqual(names);
    expect(JSON.stringify(claims)).not.toContain('alice');
  });

  it('TK-05 ends the whole grant when its own client redeems a code again', async () => {
    const { tokens, code, client: own } = await signIn(world);
    expect(await isLive(world, tokens.access_token)).toBe(true);
    const replay = await redeem(world, own, code);
    expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant']);
    expect(await isLive(world, tokens.access_token)).toBe(false);
    expect((await refresh(world, own, tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('TK-06 answers one of fifty redemptions at once, on one node and on two, and ends that grant', async () => {
    const other = await startWorld({ twinOf: world });
    for (const nodes of [[world], [world, other]]) {
      const code = await codeFor(world, client);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => redeem(nodes[index % nodes.length] ?? world, client, code)),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(49);
      expect((await refresh(world, client, winners[0]?.body.refresh_token)).body.error).toBe('invalid_grant');
    }
    const lone = await redeem(world, client, await codeFor(world, client));
    expect(await isLive(world, lone.body.access_token)).toBe(true);
    await other.close();
  });

  it('TK-07 leaves a code and its tokens alone when another client presents it, before and after its use', async () => {
    const thief = await register(world);
    const code = await codeFor(world, client);
    expect((await redeem(world, thief, code)).body.error).toBe('invalid_grant');
    const answer = await redeem(world, client, code);
    expect(answer.status).toBe(200);
    expect((await redeem(world, thief, code)).body.error).toBe('invalid_grant');
    expect(await isLive(world, answer.body.access_token)).toBe(true);
  });

  it('TK-08 refuses a wrong or malformed verifier and spends no code', async () => {
    const code = await codeFor(world, client);
    for (const verifier of ['a'.repeat(43), CHALLENGE]) {
      expect((await redeem(world, client, code, { code_verifier: verifier })).body.error).toBe('invalid_grant');
    }
    for (const verifier of ['', VERIFIER.slice(1), 'a'.repeat(129), `${VERIFIER.slice(1)}!`]) {
      expect((await redeem(world, client, code, { code_verifier: verifier })).body.error).toBe('invalid_request');
    }
    expect((await redeem(world, client, code)).status).toBe(200);
  });

  it('TK-09 refuses a stored code that has no challenge', async () => {
    const code = await codeFor(world, client);
    const name = recordName('AuthorizationCode', code);
    const { codeChallenge, codeChallengeMethod, ...record } = JSON.parse((await world.store.get(name)) ?? '{}');
    expect([codeChallenge, codeChallengeMethod]).toEqual([CHALLENGE, 'S256']);
    await world.store.put(name, JSON.stringify(record), 60);
    expect((await redeem(world, client, code)).body.error).toBe('invalid_grant');
  });

  it('TK-10 holds a code to the redirect URI it was sent to, which may be left out', async () => {
    const code = await codeFor(world, client);
    for (const uri of ['http://127.0.0.1:49153/callback', 'https://client.example/cb']) {
      expect((await redeem(world, client, code, { redirect_uri: uri })).body.error).toBe('invalid_grant');
    }
    expect((await redeem(world, client, code, { redirect_uri: '' })).status).toBe(200);
    expect((await redeem(world, client, 'no such code', { redirect_uri: '' })).body.error).toBe('invalid_grant');
  });

  it('TK-11 refuses a code a second after its life', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const [late, early] = [await codeFor(world, client), await codeFor(world, client)];
      vi.setSystemTime(Date.now() + 58_000);
      expect((await redeem(world, client, early)).status).toBe(200);
      vi.setSystemTime(Date.now() + 3_000);
      expect((await redeem(world, client, late)).body.error).toBe('invalid_grant');
    } finally {
      vi.useRealTimers();
    }
  });

  it('TK-12 refuses any resource but that of the code, and spends no code', async () => {
    const code = await codeFor(world, client);
    for (const resource of [world.math, 'https://elsewhere.example/mcp', `${world.notes}#x`]) {
      const answer = await redeem(world, client, code, { resource });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_target']);
    }
    const two = [...form(code), ['resource', world.notes], ['resource', world.notes]] as [string, string][];
    expect((await postForm(world, '/token', two)).body.error).toBe('invalid_target');
    expect((await redeem(world, client, code, { resource: world.notes })).status).toBe(200);
    const omitted = await redeem(world, client, await codeFor(world, client));
    expect(decodeJwt(String(omitted.body.access_token)).aud).toBe(world.notes);
  });

  it('TK-13 never widens a token beyond the grant, and narrows it on request', async () => {
    const scope = 'notes:read notes:write';
    const wide = await redeem(world, client, await codeFor(world, client), { scope: 'notes:admin notes:read' });
    expect(wide.body.scope).toBe('notes:read');
    const narrow = await redeem(world, client, await codeFor(world, client, { scope }), { scope: 'notes:read' });
    expect(narrow.body.scope).toBe('notes:read');
    const plain = await redeem(world, client, await codeFor(world, client, { scope }));
    expect(plain.body.scope).toBe(scope);
  });

  it('TK-14 finds nothing under a changed code', async () => {
    const code = await codeFor(world, client);
    const flipped = (code.startsWith('A') ? 'B' : 'A') + code.slice(1);
    const variants = [
      flipped,
      code.slice(1),
      `${code}A`,
      code.toUpperCase(),
      encodeURIComponent(`${code} `),
      `${code}\0`,
    ];
    for (const variant of variants) expect((await redeem(world, client, variant)).body.error).toBe('invalid_grant');
    expect((await redeem(world, client, code)).status).toBe(200);
  });

  it('TK-15 takes no credential in the place of another', async () => {
    const { tokens, client: own } = await signIn(world);
    const code = await codeFor(world, own);
    expect((await redeem(world, own, String(tokens.refresh_token))).body.error).toBe('invalid_grant');
    expect((await redeem(world, own, String(tokens.access_token))).body.error).toBe('invalid_grant');
    expect((await refresh(world, own, code)).body.error).toBe('invalid_grant');
    expect((await refresh(world, own, tokens.access_token)).body.error).toBe('invalid_grant');
    expect((await redeem(world, own, code)).status).toBe(200);
    expect((await refresh(world, own, tokens.refresh_token)).status).toBe(200);
  });

  it('TK-16 gives nothing for a code whose client or person is gone', async () => {
    await world.authorization.accounts.add({ username: 'grace', password: 'correct horse battery' });
    const personal = await codeFor(world, client, {}, { username: 'grace' });
    await world.authorization.accounts.remove('grace');
    expect((await redeem(world, client, personal)).body.error).toBe('invalid_grant');
    const gone = await register(world);
    const code = await codeFor(world, gone);
    const removed = await fetch(gone.registration_client_uri, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${gone.registration_access_token}` },
    });
    expect(removed.status).toBe(204);
    const answer = await redeem(world, gone, code);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  it('TK-17 asks a confidential client for its secret and spends no code without', async () => {
    const own = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const code = await codeFor(world, own);
    const secret = String(own.client_secret);
    for (const headers of [{}, basic(own.client_id, `${secret}x`)]) {
      const answer = await redeem(world, own, code, {}, headers);
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
    expect((await redeem(world, own, code, {}, basic(own.client_id, secret))).status).toBe(200);
  });

  it('TK-18 lets browser clients of any origin but null read answers and errors', async () => {
    const ask = (headers: Record<string, string>) => postForm(world, '/token', { grant_type: 'x' }, headers);
    const answer = await ask({ origin: 'https://app.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    expect((await ask({ origin: 'null' })).headers.has('access-control-allow-origin')).toBe(false);
    const preflight = await fetch(`${world.issuer}/token`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  it('TK-19 answers malformed requests with two plain members and nothing else', async () => {
    const bodies = [
      '%',
      'a=%ff',
      'grant_type=%00',
      '='.repeat(400),
      'x'.repeat(70_000),
      'grant_type=authorization_code&code="',
    ];
    for (const body of bodies) {
      const answer = await post(body, 'application/x-www-form-urlencoded');
      expect([400, 401]).toContain(answer.status);
      expect(Object.keys(answer.body).every((name) => ['error', 'error_description'].includes(name))).toBe(true);
      expect(String(answer.body.error_description)).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
      expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    }
  });

  it('AZ-22 makes unguessable codes, of which only a hash is kept, for a minute', async () => {
    const code = await codeFor(world, client);
    expect(code).toMatch(/^[\w-]{43}$/);
    const record = (await world.store.get(recordName('AuthorizationCode', code))) ?? '';
    expect(record).toContain(client.client_id);
    expect(record).not.toContain(code);
    const { exp, iat } = JSON.parse(record);
    expect(exp - iat).toBe(60);
  });
});
