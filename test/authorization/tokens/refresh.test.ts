import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLifetimes } from '../../../src/authorization/lifetimes.ts';
import { basic, codeFor, isLive, redeem, refresh, register, signIn } from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

describe('refreshing', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('RF-01 rotates the token within the same grant', async () => {
    const { tokens, client } = await signIn(world);
    const answer = await refresh(world, client, tokens.refresh_token);
    expect(answer.status).toBe(200);
    expect(answer.body.refresh_token).not.toBe(tokens.refresh_token);
    const [before, after] = [tokens.access_token, answer.body.access_token].map((token) => decodeJwt(String(token)));
    expect(after?.gid).toBe(before?.gid);
    expect(after?.jti).not.toBe(before?.jti);
  });

  it('RF-02 ends the family when an old token comes after the grace time, one or five generations back', async () => {
    for (const generations of [1, 5]) {
      const { tokens, client } = await signIn(world);
      const other = await signIn(world);
      let newest: Record<string, unknown> = tokens;
      for (let step = 0; step < generations; step += 1) {
        newest = (await refresh(world, client, newest.refresh_token)).body;
      }
      expect(await isLive(world, newest.access_token)).toBe(true);
      pass(31);
      const replay = await refresh(world, client, tokens.refresh_token);
      expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant']);
      expect((await refresh(world, client, newest.refresh_token)).body.error).toBe('invalid_grant');
      expect(await isLive(world, newest.access_token)).toBe(false);
      expect((await refresh(world, other.client, other.tokens.refresh_token)).status).toBe(200);
    }
  });

  it('RF-02 tells the operator which client replayed which sign-in, and no token', async () => {
    const lines: [string, unknown][] = [];
    const note = (event: string, fields?: unknown) => void lines.push([event, fields]);
    const log = { debug: note, info: note, warn: note, error: note, with: () => log };
    const own = await startWorld({ log });
    const { tokens, client } = await signIn(own);
    await refresh(own, client, tokens.refresh_token);
    pass(31);
    await refresh(own, client, tokens.refresh_token);
    const { gid } = decodeJwt(String(tokens.access_token));
    expect(lines).toContainEqual(['refresh_replay', { client: client.client_id, grant: gid }]);
    expect(JSON.stringify(lines)).not.toContain(tokens.refresh_token);
    await own.close();
  });

  it('RF-03 gives the same successor again inside the grace time, with the time that is left', async () => {
    const { tokens, client } = await signIn(world);
    const first = await refresh(world, client, tokens.refresh_token);
    pass(20);
    const second = await refresh(world, client, tokens.refresh_token);
    expect(second.body).toEqual({ ...first.body, expires_in: 880 });
    expect((await refresh(world, client, first.body.refresh_token)).status).toBe(200);
  });

  it('RF-03 gives the answer to nobody but its client', async () => {
    const { tokens, client } = await signIn(world);
    const first = await refresh(world, client, tokens.refresh_token);
    const thief = await register(world);
    expect((await refresh(world, thief, tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(world, client, first.body.refresh_token)).status).toBe(200);
  });

  it('RF-03 revokes the family at once where the grace time is 0', async () => {
    const strict = await startWorld({ lifetimes: { ...defaultLifetimes, refreshGrace: 0 } });
    const { tokens, client } = await signIn(strict);
    const first = await refresh(strict, client, tokens.refresh_token);
    expect(first.status).toBe(200);
    expect((await refresh(strict, client, tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(strict, client, first.body.refresh_token)).body.error).toBe('invalid_grant');
    await strict.close();
  });

  it('RF-04 answers twenty refreshes at once with one successor, on one node and on two', async () => {
    const other = await startWorld({ twinOf: world });
    for (const nodes of [[world], [world, other]]) {
      const { tokens, client } = await signIn(world);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          refresh(nodes[index % nodes.length] ?? world, client, tokens.refresh_token),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
      expect((await refresh(world, client, answers[0]?.body.refresh_token)).status).toBe(200);
    }
    await other.close();
  });

  it('RF-04 answers exactly one of twenty where the grace time is 0', async () => {
    const strict = await startWorld({ lifetimes: { ...defaultLifetimes, refreshGrace: 0 } });
    const { tokens, client } = await signIn(strict);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(strict, client, tokens.refresh_token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await strict.close();
  });

  it('RF-05 leaves a token alone that another client presents', async () => {
    const { tokens, client } = await signIn(world);
    const other = await register(world);
    const confidential = await register(world, { token_endpoint_auth_method: 'client_secret_post' });
    const secret = { client_secret: String(confidential.client_secret) };
    expect((await refresh(world, other, tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(world, confidential, tokens.refresh_token, secret)).body.error).toBe('invalid_grant');
    expect((await refresh(world, client, tokens.refresh_token)).status).toBe(200);
  });

  it('RF-06 asks a confidential client for its secret', async () => {
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const proof = basic(client.client_id, String(client.client_secret));
    const tokens = (await redeem(world, client, await codeFor(world, client), {}, proof)).body;
    for (const headers of [{}, basic(client.client_id, 'wrong')]) {
      const answer = await refresh(world, client, tokens.refresh_token, {}, headers);
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
    expect((await refresh(world, client, tokens.refresh_token, {}, proof)).status).toBe(200);
  });

  it('RF-07 narrows the access token on request, refuses more, and keeps the family at full scope', async () => {
    const { tokens, client } = await signIn(world, { scope: 'notes:read notes:write' });
    for (const scope of ['notes:read notes:admin', 'no:such', 'notes:read "', ' notes:read  ']) {
      const answer = await refresh(world, client, tokens.refresh_token, { scope });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_scope']);
    }
    const narrow = await refresh(world, client, tokens.refresh_token, { scope: 'notes:read offline_access' });
    expect([narrow.status, narrow.body.scope]).toEqual([200, 'notes:read']);
    expect((await refresh(world, client, narrow.body.refresh_token)).body.scope).toBe('notes:read notes:write');
  });

  it('RF-08 refuses another resource and does not spend the token', async () => {
    const { tokens, client } = await signIn(world);
    for (const resource of [world.math, 'https://elsewhere.example/mcp', `${world.notes}#x`]) {
      const answer = await refresh(world, client, tokens.refresh_token, { resource });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_target']);
    }
    const named = await refresh(world, client, tokens.refresh_token, { resource: world.notes });
    expect(decodeJwt(String(named.body.access_token)).aud).toBe(world.notes);
    const again = await refresh(world, client, tokens.refresh_token, { resource: world.math });
    expect([again.status, again.body]).toEqual([
      400,
      { error: 'invalid_target', error_description: expect.any(String) },
    ]);
    const omitted = await refresh(world, client, named.body.refresh_token);
    expect(decodeJwt(String(omitted.body.access_token)).aud).toBe(world.notes);
  });

  it('RF-09 ends a family at its absolute limit, however often it is refreshed', async () => {
    const { tokens, client } = await signIn(world);
    let token: unknown = tokens.refresh_token;
    for (let day = 1; day < 90; day += 1) {
      pass(86_400);
      const answer = await refresh(world, client, token);
      expect([day, answer.status]).toEqual([day, 200]);
      token = answer.body.refresh_token;
    }
    pass(86_400);
    expect((await refresh(world, client, token)).body.error).toBe('invalid_grant');
  });

  it('RF-09 ends a family that is idle for thirty days', async () => {
    const [idle, busy] = [await signIn(world), await signIn(world)];
    pass(29 * 86_400);
    expect((await refresh(world, busy.client, busy.tokens.refresh_token)).status).toBe(200);
    pass(2 * 86_400);
    expect((await refresh(world, idle.client, idle.tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('RF-10 gives nothing once the person is gone or has a new password', async () => {
    const { accounts } = world.authorization;
    await accounts.add({ username: 'grace', password: 'correct horse battery' });
    const client = await register(world);
    const tokensOf = async () =>
      (await redeem(world, client, await codeFor(world, client, {}, { username: 'grace' }))).body;
    const before = await tokensOf();
    await accounts.setPassword('grace', 'correct horse battery');
    expect((await refresh(world, client, before.refresh_token)).body.error).toBe('invalid_grant');
    expect(await isLive(world, before.access_token)).toBe(false);
    pass(2);
    const after = await tokensOf();
    expect((await refresh(world, client, after.refresh_token)).status).toBe(200);
    await accounts.remove('grace');
    expect((await refresh(world, client, after.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('RF-11 remembers a used token across a restart', async () => {
    const { tokens, client } = await signIn(world);
    const newest = await refresh(world, client, tokens.refresh_token);
    const restarted = await startWorld({ twinOf: world });
    const current = await refresh(restarted, client, newest.body.refresh_token);
    expect(current.status).toBe(200);
    pass(31);
    expect((await refresh(restarted, client, tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(restarted, client, current.body.refresh_token)).body.error).toBe('invalid_grant');
    await restarted.close();
  });

  it('RF-15 answers absurd tokens quickly, and never reads one from the query', async () => {
    const { tokens, client } = await signIn(world);
    for (const token of ['', 'ü💥', 'x'.repeat(1_000_000)]) {
      expect((await refresh(world, client, token)).status).toBe(400);
    }
    const inQuery = await fetch(`${world.issuer}/token?refresh_token=${tokens.refresh_token}`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: client.client_id }),
    });
    expect(inQuery.status).toBe(400);
    expect(await isLive(world, tokens.refresh_token)).toBe(false);
    expect((await refresh(world, client, tokens.refresh_token)).status).toBe(200);
  });

  it('RF-16 gives refresh tokens to clients that registered for them only', async () => {
    const plain = await register(world, { grant_types: ['authorization_code'] });
    const answer = await redeem(world, plain, await codeFor(world, plain));
    expect([answer.status, 'refresh_token' in answer.body]).toEqual([200, false]);
    expect((await refresh(world, plain, 'x')).body.error).toBe('unauthorized_client');
    const { tokens } = await signIn(world, { scope: 'notes:read offline_access' });
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });
});
