import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type Answer, basic, codeFor, isLive, postForm, redeem, refresh, register, signIn } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

describe('revocation and introspection', () => {
  let world: World;
  let rs: { readonly clientId: string; readonly clientSecret?: string };
  beforeAll(async () => {
    world = await startWorld();
    const added = { name: 'notes server', scopes: [], introspects: [world.notes], secret: true as const };
    rs = await world.authorization.machines.add(added);
  });
  afterAll(() => world.close());

  const revoke = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(world, '/revoke', fields, headers);
  const introspect = (token: unknown, headers: Record<string, string> = basic(rs.clientId, rs.clientSecret ?? '')) =>
    postForm(world, '/introspect', { token: String(token) }, headers);
  const inactive = (answer: Answer) => expect([answer.status, answer.body]).toEqual([200, { active: false }]);
  /** A confidential client with tokens of alice. */
  async function confidential() {
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const proof = basic(client.client_id, String(client.client_secret));
    const tokens = (await redeem(world, client, await codeFor(world, client), {}, proof)).body;
    return { client, proof, tokens };
  }

  it('RV-01 asks confidential clients for their secret, and public ones for their id', async () => {
    const { client, tokens } = await confidential();
    for (const headers of [{}, basic(client.client_id, 'wrong')]) {
      const answer = await revoke({ token: String(tokens.access_token), client_id: client.client_id }, headers);
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
    expect(await isLive(world, tokens.access_token)).toBe(true);
    const open = await signIn(world);
    const answer = await revoke({ token: String(open.tokens.access_token), client_id: open.client.client_id });
    expect([answer.status, answer.body]).toEqual([200, {}]);
    expect(await isLive(world, open.tokens.access_token)).toBe(false);
  });

  it('RV-01 tells the operator which token was revoked by its id, never by itself', async () => {
    const lines: [string, unknown][] = [];
    const note = (event: string, fields?: unknown) => void lines.push([event, fields]);
    const log = { debug: note, info: note, warn: note, error: note, with: () => log };
    const own = await startWorld({ log });
    const { tokens, client } = await signIn(own);
    await postForm(own, '/revoke', { token: String(tokens.access_token), client_id: client.client_id });
    const { jti, sub } = decodeJwt(String(tokens.access_token));
    expect(lines).toContainEqual(['token_revoked', { client: client.client_id, principal: sub, jti }]);
    expect(JSON.stringify(lines)).not.toContain(tokens.access_token);
    await own.close();
  });

  it("RV-02 leaves another client's tokens alone and answers as for an unknown one", async () => {
    const { tokens, client } = await signIn(world);
    const other = await register(world);
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const answer = await revoke({ token: String(token), client_id: other.client_id });
      expect([answer.status, answer.body]).toEqual([200, {}]);
    }
    expect(await isLive(world, tokens.access_token)).toBe(true);
    expect((await refresh(world, client, tokens.refresh_token)).status).toBe(200);
  });

  it('RV-03 answers unknown tokens with 200 and malformed requests with 400 or 405', async () => {
    const { client_id } = await register(world);
    for (const token of ['garbage', 'a.b.c', 'x'.repeat(5000)])
      expect((await revoke({ token, client_id })).status).toBe(200);
    expect((await revoke({ client_id })).body.error).toBe('invalid_request');
    const twice = [
      ['client_id', client_id],
      ['token', 'x'],
      ['token', 'x'],
    ] as [string, string][];
    expect((await postForm(world, '/revoke', twice)).body.error).toBe('invalid_request');
    for (const path of ['/revoke', '/introspect']) {
      const get = await fetch(`${world.at}${path}?token=x&client_id=${client_id}`);
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
      const inQuery = await postForm(world, `${path}?token=x`, { client_id });
      expect(inQuery.body.error).toBe('invalid_request');
    }
  });

  it('RV-04 revokes whatever the hint says', async () => {
    for (const hint of ['refresh_token', 'unknown', 'access_token']) {
      const { tokens, client } = await signIn(world);
      await revoke({ token: String(tokens.access_token), token_type_hint: hint, client_id: client.client_id });
      expect(await isLive(world, tokens.access_token)).toBe(false);
    }
  });

  it('RV-05 ends the family by its refresh token, on all nodes, and one access token by itself', async () => {
    const other = await startWorld({ twinOf: world });
    const { tokens, client } = await signIn(world);
    const next = (await refresh(world, client, tokens.refresh_token)).body;
    await revoke({ token: String(tokens.access_token), client_id: client.client_id });
    expect(await isLive(world, tokens.access_token)).toBe(false);
    expect(await isLive(world, next.access_token)).toBe(true);
    await revoke({ token: String(next.refresh_token), client_id: client.client_id });
    expect(await isLive(world, next.access_token)).toBe(false);
    expect(await isLive(other, next.access_token)).toBe(false);
    expect((await refresh(other, client, next.refresh_token)).body.error).toBe('invalid_grant');
    await other.close();
  });

  it('RV-06 answers 503 while the store fails, changes nothing, and succeeds afterwards', async () => {
    const memory = memoryStore();
    let broken = false;
    const failing = {
      ...memory,
      put: async (...args: Parameters<typeof memory.put>) => {
        if (broken) throw new Unavailable('test');
        return memory.put(...args);
      },
    };
    const own = await startWorld({ store: failing });
    const { tokens, client } = await signIn(own);
    const ask = () => postForm(own, '/revoke', { token: String(tokens.refresh_token), client_id: client.client_id });
    broken = true;
    const answer = await ask();
    expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await isLive(own, tokens.access_token)).toBe(true);
    broken = false;
    expect((await ask()).status).toBe(200);
    expect(await isLive(own, tokens.access_token)).toBe(false);
    await own.close();
  });

  it('RV-08 introspects for clients with credentials only', async () => {
    const { tokens, client } = await signIn(world);
    const anonymous = await introspect(tokens.access_token, {});
    expect([anonymous.status, anonymous.body.error]).toEqual([401, 'invalid_client']);
    const open = await postForm(world, '/introspect', {
      token: String(tokens.access_token),
      client_id: client.client_id,
    });
    expect([open.status, open.body.error]).toEqual([401, 'invalid_client']);
    expect((await introspect(tokens.access_token)).body.active).toBe(true);
  });

  it('RV-09 tells a resource server about its own audience only, and a client about its own tokens only', async () => {
    const math = await signIn(world, { resource: world.math, scope: 'math:use' });
    inactive(await introspect(math.tokens.access_token));
    const [one, two] = [await confidential(), await confidential()];
    inactive(await introspect(one.tokens.access_token, two.proof));
    inactive(await introspect(one.tokens.refresh_token, two.proof));
    expect((await introspect(one.tokens.access_token, one.proof)).body.active).toBe(true);
    expect((await introspect(one.tokens.refresh_token, one.proof)).body).toMatchObject({
      active: true,
      scope: 'notes:read',
    });
  });

  it('RV-11 says nothing of tokens that are over, whatever ended them', async () => {
    const { client, proof, tokens } = await confidential();
    const next = (await refresh(world, client, tokens.refresh_token, {}, proof)).body;
    for (const token of [client.client_id, 'garbage', 'a.b.c', `${tokens.access_token}x`]) {
      inactive(await introspect(token, proof));
    }
    await revoke({ token: String(next.refresh_token) }, proof);
    for (const token of [tokens.access_token, next.access_token, next.refresh_token])
      inactive(await introspect(token, proof));
    await world.authorization.accounts.add({ username: 'grace', password: 'correct horse battery' });
    const { client_id } = await register(world);
    const person = (await redeem(world, { client_id }, await codeFor(world, { client_id }, {}, { username: 'grace' })))
      .body;
    expect((await introspect(person.access_token)).body.active).toBe(true);
    await world.authorization.accounts.remove('grace');
    inactive(await introspect(person.access_token));
  });

  it('RV-11 says nothing of an expired or rotated token', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { client, proof, tokens } = await confidential();
      await refresh(world, client, tokens.refresh_token, {}, proof);
      vi.setSystemTime(Date.now() + 31_000);
      inactive(await introspect(tokens.refresh_token, proof));
      expect((await introspect(tokens.access_token, proof)).body.active).toBe(true);
      vi.setSystemTime(Date.now() + 900_000);
      inactive(await introspect(tokens.access_token, proof));
    } finally {
      vi.useRealTimers();
    }
  });

  it('RV-12 tells a resource server nothing about a refresh token', async () => {
    const { tokens } = await signIn(world);
    inactive(await introspect(tokens.refresh_token));
  });

  it('RV-13 describes an active token by what is in it', async () => {
    const { tokens, client } = await signIn(world);
    const answer = await introspect(tokens.access_token);
    expect(answer.body).toEqual({
      active: true,
      scope: 'notes:read',
      client_id: client.client_id,
      sub: expect.stringMatching(/^user_/),
      aud: world.notes,
      iss: world.issuer,
      exp: expect.any(Number),
      iat: expect.any(Number),
      jti: expect.any(String),
      token_type: 'Bearer',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('ends everything of a client, a person or a sign-in at once through the operator', async () => {
    const { revocations } = world.authorization;
    const [byClient, byGrant, bySubject] = [await signIn(world), await signIn(world), await signIn(world)];
    const gid = JSON.parse(Buffer.from(byGrant.tokens.access_token?.split('.')[1] ?? '', 'base64url').toString()).gid;
    await revocations.client(byClient.client.client_id);
    await revocations.grant(gid);
    expect(await isLive(world, byClient.tokens.access_token)).toBe(false);
    expect(await isLive(world, byGrant.tokens.access_token)).toBe(false);
    expect(await isLive(world, bySubject.tokens.access_token)).toBe(true);
    const alice = await world.authorization.accounts.named('alice');
    await revocations.subject(alice?.subject ?? '');
    expect(await isLive(world, bySubject.tokens.access_token)).toBe(false);
    expect((await refresh(world, bySubject.client, bySubject.tokens.refresh_token)).body.error).toBe('invalid_grant');
  });
});
