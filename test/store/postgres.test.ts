import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ConfigError, Unavailable } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type PostgresStoreOptions, postgresStore } from '../../src/store/postgres.ts';
import { callTool } from '../support/plain-http.ts';
import {
  describePostgres,
  describePostgresServer,
  postgresServer,
  runSql,
  type SharedPostgres,
  sharedPostgres,
} from '../support/postgres-server.ts';
import { redeem, refresh, signIn } from '../support/signed-in.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { startWorld } from '../support/world.ts';
import { expectOneWinnerEach } from './processes.ts';
import { recordingLog } from './recording-log.ts';
import { movableClock } from './stores-under-test.ts';

it.each([
  ['mysql://localhost/one', 'is no PostgreSQL URL'],
  ['postgres://gate:hidden@one:port/', 'is no PostgreSQL URL'],
  ['postgres://one/two?table=Robert;', 'has table= with something other than small letters'],
  ['postgres://one/two?connections=many', 'has connections= with something other than a whole number'],
  ['postgres://one/two?statement_timeout=0', 'has a parameter that is not known'],
])('refuses %s by the name of its setting, and repeats nothing of it', (url, sentence) => {
  expect(() => postgresStore({ url })).toThrow(ConfigError);
  expect(() => postgresStore({ url })).toThrow(`STORE_URL ${sentence}`);
  expect(() => postgresStore({ url })).not.toThrow('hidden');
});

describePostgres('postgresStore', () => {
  let postgres: SharedPostgres;
  beforeAll(async () => {
    postgres = await sharedPostgres();
  });
  afterAll(() => postgres.close());

  const open = (options: Partial<PostgresStoreOptions> = {}) => {
    const store = postgresStore({ url: postgres.url, table: postgres.table(), ...options });
    onTestFinished(() => store.close());
    return store;
  };
  const behindProxy = async (limit: number) => {
    const proxy = await tcpProxy(postgres);
    onTestFinished(() => proxy.close());
    const url = new URL(postgres.url);
    url.host = `127.0.0.1:${proxy.port}`;
    const { log, lines } = recordingLog();
    const store = open({ url: url.href, timeout: limit, log });
    await store.put('code:a', '1', 60);
    return { proxy, store, lines };
  };

  it('makes its table once, however many begin at the same moment', async () => {
    const table = postgres.table();
    const stores = Array.from({ length: 12 }, () => open({ table }));
    expect(await Promise.all(stores.map((store) => store.putIfAbsent('code:a', '1', 60)))).toContain(true);
    expect(await runSql(postgres.url, `SELECT count(*)::int AS n FROM ${table}`)).toEqual([{ n: 1 }]);
  });

  it('lets exactly one of two processes win each name', async () => {
    const table = postgres.table();
    await expectOneWinnerEach(`${postgres.url}?table=${table}`, open({ table }));
  });

  it('ST-18 removes ended rows as it is written to, a few at a time', async () => {
    const { clock, advance } = movableClock();
    const table = postgres.table();
    const store = open({ table, clock });
    const rows = async () => Number((await runSql(postgres.url, `SELECT count(*) AS n FROM ${table}`))[0]?.n);
    for (let index = 0; index < 160; index += 1) await store.put(`code:${index}`, '1', 10);
    advance(11);
    for (let index = 0; index < 16; index += 1) await store.put(`grant:${index}`, '1', 60);
    expect(await rows()).toBe(160 + 16 - 64);
    for (let index = 0; index < 32; index += 1) await store.putIfAbsent(`client:${index}`, '1', Infinity);
    expect(await rows()).toBe(16 + 32);
  });

  it('works in a pool that was handed in, and leaves it open', async () => {
    const pool = new pg.Pool({ connectionString: postgres.url });
    onTestFinished(() => pool.end());
    const store = postgresStore({ pool, table: postgres.table() });
    await store.put('code:a', '1', 60);
    expect(await store.take('code:a')).toBe('1');
    await store.close();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it.each([
    ['a database that is not there', { pathname: '/no_such' }, 'create the database'],
    ['a user that is not there', { username: 'nobody_here' }, 'put the right user'],
    ['a schema that is not there', { search: 'table=no_such.records' }, 'create the schema'],
  ])('refuses %s at its opening, with what to do', async (_what, change, remedy) => {
    const url = Object.assign(new URL(postgres.url), change);
    const store = postgresStore({ url: url.href });
    onTestFinished(() => store.close());
    const refusal = await store.get('code:a').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toContain(remedy);
  });

  it('is 503 with its class while the table is gone, and logs it once', async () => {
    const table = postgres.table();
    const { log, lines } = recordingLog();
    const store = open({ table, log });
    await store.put('code:a', '1', 60);
    await runSql(postgres.url, `DROP TABLE ${table}`);
    for (let round = 0; round < 5; round += 1) {
      await expect(store.get('code:a')).rejects.toMatchObject({ status: 503, reason: 'postgres: 42P01' });
    }
    expect(lines.map(([event, fields]) => [event, fields.class])).toEqual([['postgres_fault', '42P01']]);
  });

  it('F13 calls into a silent line end in time, and are served again after it', async () => {
    const { proxy, store } = await behindProxy(500);
    proxy.replies = 'drop';
    for (let round = 0; round < 3; round += 1) {
      const start = performance.now();
      const refusals = await Promise.allSettled(Array.from({ length: 30 }, () => store.get('code:a')));
      expect(performance.now() - start).toBeLessThan(3000);
      for (const refusal of refusals) expect(refusal).toMatchObject({ reason: { reason: 'postgres: TIMEOUT' } });
    }
    proxy.replies = 'pass';
    await until(
      () => store.get('code:a'),
      ({ value }) => value === '1',
      5,
    );
  });

  it('F14 of many takes whose connections are cut one wins at most', async () => {
    const { proxy, store } = await behindProxy(500);
    for (let round = 0; round < 20; round += 1) {
      await store.put(`code:${round}`, 'prize', 60);
      proxy.cutReply = (chunk) => chunk.includes('DELETE 1');
      const takes = await Promise.allSettled(Array.from({ length: 10 }, () => store.take(`code:${round}`)));
      proxy.cutReply = undefined;
      const won = takes.filter((take) => take.status === 'fulfilled' && take.value !== undefined);
      expect(won).toHaveLength(0);
      expect(takes.some((take) => take.status === 'rejected' && take.reason instanceof Unavailable)).toBe(true);
      expect(await store.get(`code:${round}`)).toBeUndefined();
    }
  });

  it('a host signs people in, refreshes and refuses a second redemption over it', async () => {
    const storeUrl = `${postgres.url}?table=${postgres.table()}`;
    const world = await startWorld({ settings: { storeUrl, keys: [generateFernetKey()] } });
    onTestFinished(() => world.close());
    const signedIn = await signIn(world.url);
    const answer = await refresh(world.url, signedIn.client, signedIn.refresh);
    expect(answer.status).toBe(200);
    const token = String(answer.body.access_token);
    expect((await callTool(`${world.url}/notes/mcp`, token, 'list_notes')).status).toBe(200);
    expect((await redeem(world.url, signedIn)).body.error).toBe('invalid_grant');
  });
});

describePostgresServer('postgresStore on a server that changes', () => {
  it('F10 keeps its epoch over a restart, which loses nothing, and has another one once a standby was promoted', async () => {
    const server = await postgresServer();
    onTestFinished(() => server.close());
    await runSql(server.url, 'CREATE ROLE gate LOGIN; GRANT CREATE ON SCHEMA public TO gate');
    const url = server.url.replace('postgres@', 'gate@');
    const [store, other] = [postgresStore({ url }), postgresStore({ url })];
    for (const { close } of [store, other]) onTestFinished(close);
    await store.put('code:a', '1', 60);
    const before = await store.epoch();
    expect([before, await other.epoch()]).toEqual([expect.stringMatching(/^\d+-00000001$/), before]);
    expect(Math.abs((await store.time()) - Date.now())).toBeLessThan(1000);
    await server.restart();
    const again = () =>
      until(
        () => store.epoch(),
        (outcome) => 'value' in outcome,
      );
    expect([await again(), await store.get('code:a')]).toEqual([before, '1']);
    await server.restart('standby');
    await until(
      () => store.get('code:a'),
      (outcome) => 'value' in outcome,
    );
    await expect(store.epoch()).rejects.toThrow(Unavailable);
    await runSql(server.url, 'SELECT pg_promote()');
    expect(await again()).toBe(before.replace(/1$/, '2'));
  });
});
