import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/store/fernet.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { ask, callTool, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { type RoundRobin, roundRobin } from '../support/round-robin.ts';
import { authorize, authorizeUrl, CALLBACK, redeem, refresh, registerClient, signIn } from '../support/signed-in.ts';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { startWorld, type World } from '../support/world.ts';
import { removeKeys } from './shared-stores.ts';

describeRedis('hosts over one Redis', () => {
  let redis: SharedRedis;
  let line: TcpProxy;
  let balancer: RoundRobin;
  let directory: string;
  let prefix: string;
  let first: World;
  let second: World;
  const jar = createCookieJar();

  beforeAll(async () => {
    redis = await sharedRedis();
    line = await tcpProxy(redis);
    balancer = await roundRobin();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    prefix = redis.prefix();
    const storeUrl = new URL(redis.url);
    storeUrl.host = `127.0.0.1:${line.port}`;
    storeUrl.searchParams.set('prefix', prefix);
    // A thousand refusals at once are what one test is about.
    const limits = { tokenLimit: 1_000_000, refusedLimit: 1_000_000 };
    const settings = { publicUrl: balancer.url, storeUrl: storeUrl.href, keys: [generateFernetKey()], ...limits };
    first = await startWorld({ settings });
    second = await startWorld({ settings, directory });
    balancer.nodes = [first.url, second.url];
  });
  afterAll(async () => {
    await balancer.close();
    await first.close();
    await second.close();
    await line.close();
    await removeKeys(redis.url, prefix);
    await redis.close();
    await rm(directory, { recursive: true, force: true });
  });

  const callAt = async (url: string, token: unknown): Promise<number> =>
    (await callTool(`${url}/notes/mcp`, String(token), 'list_notes')).status;

  it('XM-01 a sign-in whose steps come to either node works, and so do its tokens', async () => {
    const { url } = balancer;
    for (let round = 0; round < 3; round += 1) {
      const { client, access, refresh: token } = await signIn(url, { jar: createCookieJar() });
      expect([await callAt(url, access), await callAt(url, access)]).toEqual([200, 200]);
      const answer = await refresh(url, client, token);
      expect([answer.status, await callAt(url, answer.body.access_token)]).toEqual([200, 200]);
    }
  });

  it('JW-33 what one node revokes ends at the other within a second and its own time', async () => {
    const { client, access } = await signIn(balancer.url, { jar });
    expect([await callAt(first.url, access), await callAt(second.url, access)]).toEqual([200, 200]);
    const revoked = await postForm(`${first.url}/revoke`, { token: access, client_id: client.client_id });
    const start = performance.now();
    expect(revoked.status).toBe(200);
    await until(
      () => callAt(second.url, access),
      ({ value }) => value === 401,
      3,
    );
    expect(performance.now() - start).toBeLessThan(1100);
    expect(await callAt(first.url, access)).toBe(401);
  });

  it('TK-06 of a thousand redemptions of one code on two nodes one wins, and what it won is ended', async () => {
    const authorized = await authorize(balancer.url, { jar });
    const nodes = [first.url, second.url];
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => redeem(nodes[index % 2] ?? '', authorized)),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 400 && body.error === 'invalid_grant')).toHaveLength(999);
    expect([
      await callAt(first.url, won[0]?.body.access_token),
      await callAt(second.url, won[0]?.body.access_token),
    ]).toEqual([401, 401]);
  });

  /** 503 with a time to come back, and no word against a token. */
  const expectUnavailable = ({ status, headers }: PlainAnswer, what: string) =>
    expect([what, status, Number(headers.get('retry-after')) > 0, headers.has('www-authenticate')]).toEqual([
      what,
      503,
      true,
      false,
    ]);

  it('ST-10 is 503 wherever state is needed while Redis is down, and serves again without a restart', async () => {
    const { url } = first;
    const client = await registerClient(url);
    const { access, refresh: token } = await signIn(balancer.url, { jar, client });
    const code = await authorize(balancer.url, { jar, client });
    line.open = false;
    line.cut();
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 503,
    );
    const { client_id } = client;
    expectUnavailable(await refresh(url, client, token), 'refresh');
    expectUnavailable(await redeem(url, code), 'code');
    expectUnavailable(await postForm(`${url}/revoke`, { token: access, client_id }), 'revoke');
    expectUnavailable(await postJson(`${url}/register`, { redirect_uris: [CALLBACK] }), 'register');
    expectUnavailable(await ask(authorizeUrl(url, client, { resource: code.resource })), 'authorize');
    expectUnavailable(await callTool(`${url}/notes/mcp`, access, 'list_notes'), 'call');
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    line.open = true;
    const start = performance.now();
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 200,
    );
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await callAt(url, access)).toBe(200);
    expect([(await refresh(url, client, token)).status, (await redeem(url, code)).status]).toEqual([200, 200]);
  });

  it('ST-11 is 503 in two seconds while Redis accepts and does not answer, and alive throughout', async () => {
    const { url } = first;
    const { client, refresh: token } = await signIn(balancer.url, { jar });
    line.replies = 'drop';
    const start = performance.now();
    const [ready, refreshed, health] = await Promise.all([
      ask(`${url}/readyz`),
      refresh(url, client, token),
      ask(`${url}/healthz`),
    ]);
    expect(performance.now() - start).toBeLessThan(2600);
    expectUnavailable(ready, 'ready');
    expectUnavailable(refreshed, 'refresh');
    expect(health.status).toBe(200);
    line.replies = 'pass';
    await until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === 200,
      5,
    );
    expect((await refresh(url, client, token)).status).toBe(200);
  });
});
