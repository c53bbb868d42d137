import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type CookieJar, createCookieJar } from '../support/cookie-jar.ts';
import { walk } from '../support/form-walker.ts';
import { readForms } from '../support/html-forms.ts';
import { assertedToken, assertionOf, keyMachine } from '../support/machine.ts';
import { ask, callTool } from '../support/plain-http.ts';
import { redisCommand } from '../support/redis-cluster.ts';
import { follows } from '../support/redis-replica.ts';
import { describeRedisServer, type RedisServer, redisServer } from '../support/redis-server.ts';
import {
  authorize,
  authorizeUrl,
  CALLBACK,
  type Registered,
  redeem,
  refresh,
  registerClient,
  signIn,
} from '../support/signed-in.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

describeRedisServer('a Redis whose primary dies before its replicas had all', () => {
  it('ST-13 F10 with REDIS_DURABILITY=replica whatever was answered holds at the new primary, and nothing is used twice', async () => {
    const at = async (primary?: { readonly port: number }) => {
      const following = primary === undefined ? [] : ['--replicaof', '127.0.0.1', `${primary.port}`];
      const server = await redisServer({ settings: ['--repl-diskless-sync-delay', '0', ...following] });
      onTestFinished(() => server.close());
      return server;
    };
    const old = await at();
    const replication = await tcpProxy(old);
    onTestFinished(replication.close);
    const next = await at(replication);
    const last = await at(next);
    const target = { port: old.port };
    const line = await tcpProxy(target);
    onTestFinished(line.close);
    await follows(old, next);
    const storeUrl = `redis://127.0.0.1:${line.port}`;
    const durable = { redisDurability: ['replica'] as const, refreshGrace: 0 };
    const world = await startWorld({ settings: { storeUrl, keys: [generateFernetKey()], ...durable } });
    onTestFinished(world.close);
    const { url } = world;
    const client = await registerClient(url);
    const [{ refresh: token }, { refresh: other }] = [await signIn(url, { client }), await signIn(url, { client })];
    const [used, unused] = [await authorize(url, { client }), await authorize(url, { client })];
    expect((await redeem(url, used)).status).toBe(200);
    const rotated = await refresh(url, client, token);
    expect(rotated.status).toBe(200);

    replication.replies = 'drop';
    const [late, lateCode] = [await refresh(url, client, other), await redeem(url, unused)];
    expect([late.status, lateCode.status]).toEqual([503, 503]);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    await old.kill();
    await redisCommand(next.port, 'REPLICAOF', 'NO', 'ONE');
    await follows(next, last);
    target.port = next.port;
    line.cut();
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 200,
    );

    const codes = [await redeem(url, used), await redeem(url, unused)];
    expect(codes.map(({ body }) => body.error)).toEqual(['invalid_grant', 'invalid_grant']);
    const again = await refresh(url, client, String(rotated.body.refresh_token));
    expect([again.status, (await refresh(url, client, token)).body.error]).toEqual([200, 'invalid_grant']);
    const retried = await refresh(url, client, other);
    expect([retried.status, (await refresh(url, client, other)).body.error]).toEqual([200, 'invalid_grant']);
    expect((await redeem(url, await authorize(url, { client }))).status).toBe(200);
  });
});

describeRedisServer('a Redis that lost its last second', () => {
  let redis: RedisServer;
  let world: World;
  let client: Registered;
  beforeAll(async () => {
    redis = await redisServer({ settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'] });
    world = await startWorld({ settings: { storeUrl: redis.url, keys: [generateFernetKey()] } });
    client = await registerClient(world.url);
  });
  afterAll(async () => {
    await world.close();
    await redis.close();
  });

  /** Remembers what is on the disk; the answer is a crash that loses all that was written since. */
  const soonToBeLost = async (): Promise<() => Promise<void>> => {
    // While its disk is busy Redis keeps what was written before for up to two seconds.
    await until(
      () => redisCommand(redis.port, 'INFO', 'persistence'),
      ({ value }) => String(value).includes('aof_buffer_length:0\r'),
    );
    const copy = await mkdtemp(join(tmpdir(), 'gatehouse-lost-'));
    await cp(redis.folder, copy, { recursive: true });
    return async () => {
      await redis.kill();
      await rm(redis.folder, { recursive: true });
      await cp(copy, redis.folder, { recursive: true });
      await rm(copy, { recursive: true });
      await redis.restart();
      await until(
        () => ask(`${world.url}/readyz`),
        ({ value }) => value?.status === 200,
      );
    };
  };

  /** A browser on the consent page: what its button sends, and what the page after it asks for. */
  const consentPage = async (jar: CookieJar) => {
    let page: { readonly url: URL; readonly html: string } | undefined;
    const walker = { username: 'ada', password: PASSWORDS.ada, redirectUri: CALLBACK, jar };
    const arrived = walk(authorizeUrl(world.url, client), {
      ...walker,
      onPage: (seen) => {
        if (seen.html.includes('name="decision"')) page = seen;
      },
      beforeStep: async () => {
        if (page !== undefined) throw new Error('far enough');
      },
    });
    await expect(arrived).rejects.toThrow('far enough');
    const { url, html } = page ?? { url: new URL(world.url), html: '' };
    const [form] = readForms(html, url);
    const fields = (form?.controls ?? [])
      .filter(({ kind, checked }) => kind === 'hidden' || (kind === 'checkbox' && checked))
      .map(({ name, value }): [string, string] => [name, value]);
    const cookie = jar.header(url);
    const body = new URLSearchParams([...fields, ['decision', 'approve']]);
    return () =>
      ask(form?.action ?? url, { method: 'POST', body, headers: { cookie, origin: url.origin, accept: 'text/html' } });
  };
  const resume = (jar: CookieJar, location: string | null) => {
    const url = new URL(location ?? '', world.url);
    const cookie = jar.header(url);
    return () => ask(url, { headers: { cookie, accept: 'text/html' } });
  };

  it('F09 gives no code, sign-in or assertion back that was used in it, and signs nobody out', async () => {
    const before = await signIn(world.url, { client });
    const used = await authorize(world.url, { client });
    const [first, second] = [createCookieJar(), createCookieJar()];
    const [approve, approveOther] = [await consentPage(first), await consentPage(second)];
    const approved = await approve();
    const goOn = resume(first, approved.headers.get('location'));
    const machine = await keyMachine(world.host.authorization, ['notes:read']);
    const fields = { resource: `${world.url}/notes/mcp` };
    const asserted = (text: string) => assertedToken(world.url, text, fields);
    // The epoch in which nothing was lost yet is itself a second old before anybody's assertion is taken.
    await until(
      async () => asserted(await assertionOf(machine, world.url)),
      ({ value }) => value?.status === 200,
    );
    const lose = await soonToBeLost();

    expect((await redeem(world.url, used)).status).toBe(200);
    expect((await goOn()).headers.get('location')).toContain('code=');
    const other = await approveOther();
    expect((await resume(second, other.headers.get('location'))()).headers.get('location')).toContain('code=');
    const late = await assertionOf(machine, world.url);
    expect([(await asserted(late)).status, other.status]).toEqual([200, 303]);
    await lose();

    expect((await redeem(world.url, used)).body).toMatchObject({ error: 'invalid_grant' });
    expect([(await goOn()).status, (await approveOther()).status]).toEqual([410, 410]);
    const replayed = await asserted(late);
    expect([replayed.status, replayed.headers.get('retry-after')]).toEqual([503, '1']);

    await until(
      async () => asserted(await assertionOf(machine, world.url)),
      ({ value }) => value?.status === 200,
      3,
    );
    const { access, refresh: token } = await signIn(world.url, { client });
    expect((await callTool(`${world.url}/notes/mcp`, access, 'list_notes')).status).toBe(200);
    expect([
      (await refresh(world.url, client, token)).status,
      (await refresh(world.url, client, before.refresh)).status,
    ]).toEqual([200, 200]);
  });
});
