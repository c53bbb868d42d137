import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { localAnnouncements } from '../../src/core/announcements.ts';
import type { Log } from '../../src/core/log.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { postgresStore } from '../../src/store/postgres.ts';
import { redisStore } from '../../src/store/redis.ts';
import { announcementsOf, type SharedStore } from '../../src/store/shared-server.ts';
import { announcementLaws } from '../contracts/index.ts';
import { describePostgres, runSql, type SharedPostgres, sharedPostgres } from '../support/postgres-server.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { recordingLog } from './recording-log.ts';

/** Two nodes, each with a connection of its own. */
async function twoNodes(open: () => SharedStore) {
  const stores = [open(), open()] as const;
  return {
    here: stores[0].announcements,
    there: stores[1].announcements,
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

describe('word within one process', () => {
  it.each(announcementLaws)('$title', (law) =>
    law.check(async () => {
      const node = localAnnouncements();
      return { here: node, there: node, close: async () => undefined };
    }),
  );

  it('is what a store without a way of its own has', async () => {
    const node = announcementsOf(memoryStore());
    const heard: unknown[] = [];
    node.subscribe('keys', (text) => void heard.push(text));
    node.publish('keys', 'one');
    expect(heard).toEqual(['one']);
  });
});

/** What one node hears of a topic. */
function ear(store: SharedStore, topic: string) {
  const heard: (string | undefined)[] = [];
  store.announcements.subscribe(topic, (text) => void heard.push(text));
  return {
    heard,
    hears: (accept: (heard: readonly (string | undefined)[]) => boolean, say?: () => void) =>
      until(
        async () => {
          say?.();
          return heard;
        },
        ({ value = [] }) => accept(value),
      ),
  };
}

describeRedis('word over Redis', () => {
  let redis: SharedRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await sharedRedis();
    admin = new Redis(redis.url);
  });
  afterEach(async () => void (await admin.call('ACL', 'DELUSER', 'announcer')));
  afterAll(async () => {
    admin.disconnect();
    await redis.close();
  });
  const open = (url = redis.url, prefix = redis.prefix(), log?: Log) => {
    const store = redisStore({ url, prefix, ...(log && { log }) });
    onTestFinished(() => store.close());
    return store;
  };

  it.each(announcementLaws)('$title', (law) => {
    const prefix = redis.prefix();
    return law.check(() => twoNodes(() => redisStore({ url: redis.url, prefix })));
  });

  it('takes no connection for it before somebody listens, and gives it back at the end', async () => {
    const listening = async () => String(await admin.call('CLIENT', 'LIST', 'TYPE', 'PUBSUB')).match(/gatehouse-ann/g);
    const store = open();
    store.announcements.publish('keys', 'one');
    await store.put('code:a', '1', 60);
    expect(await listening()).toBeNull();
    store.announcements.subscribe('keys', () => undefined);
    await until(listening, ({ value }) => value?.length === 1);
    await store.close();
    await until(listening, ({ value }) => value === null);
  });

  it('sends what was said just before the end: a command says it and goes', async () => {
    const prefix = redis.prefix();
    const listening = ear(open(redis.url, prefix), 'keys');
    await listening.hears((heard) => heard.includes(undefined));
    const command = open(redis.url, prefix);
    command.announcements.publish('keys', 'last words');
    await command.close();
    await listening.hears((heard) => heard.includes('last words'));
  });

  it('drops what is no message of ours, whoever sends it, and goes on', async () => {
    const prefix = redis.prefix();
    const { heard, hears } = ear(open(redis.url, prefix), 'keys');
    await hears((texts) => texts.includes(undefined));
    const before = heard.length;
    const strange = ['', 'x', '[]', 'null', '7', '{"topic":7}', '{"topic":"keys","text":{}}', '{"topic":"k\\u0000"}'];
    const huge = JSON.stringify({ node: 'x', topic: 'keys', text: 'x'.repeat(1_000_000) });
    const channel = `${prefix}announcements:${new URL(redis.url).pathname.slice(1) || 0}`;
    for (const message of [...strange, huge]) await admin.publish(channel, message);
    await admin.publish(channel, '{"node":"other","topic":"keys","text":"fine"}');
    await hears((texts) => texts.includes('fine'));
    expect(heard.slice(before)).toEqual(['fine']);
  });

  it('listens anew when the connection is cut, and says that word may have been missed', async () => {
    const proxy = await tcpProxy(redis);
    onTestFinished(() => proxy.close());
    const prefix = redis.prefix();
    const speaker = open(redis.url, prefix);
    const url = Object.assign(new URL(redis.url), { host: `127.0.0.1:${proxy.port}` });
    const listening = ear(open(url.href, prefix), 'keys');
    await listening.hears((heard) => heard.includes(undefined));
    listening.heard.length = 0;
    proxy.cut();
    await listening.hears((heard) => heard.includes(undefined));
    await listening.hears(
      (heard) => heard.includes('again'),
      () => speaker.announcements.publish('keys', 'again'),
    );
  });

  it('says once what a user may not do, tells its own listeners all the same, and works with the rights of the guide', async () => {
    const rights = '~* +get +set +info +select +ping +quit +client|setname +publish +subscribe';
    await admin.call('ACL', 'SETUSER', 'announcer', 'reset', 'on', '>sesame', ...rights.split(' '));
    const url = Object.assign(new URL(redis.url), { username: 'announcer', password: 'sesame' }).href;
    const prefix = redis.prefix();
    const { log, lines } = recordingLog();
    const forbidden = open(url, prefix, log);
    const own = ear(forbidden, 'keys');
    for (let time = 0; time < 3; time += 1) {
      forbidden.announcements.publish('keys', `${time}`);
      await forbidden.put('code:a', '1', 60);
    }
    await until(
      async () => lines,
      ({ value = [] }) => value.length > 0,
    );
    expect(own.heard).toEqual(['0', '1', '2']);
    expect(lines.map(([event]) => event)).toEqual(['announcements_forbidden']);
    await admin.call('ACL', 'SETUSER', 'announcer', `&${prefix}*`);
    const [here, there] = [open(url, prefix, log), open(url, prefix, log)];
    const permitted = ear(there, 'keys');
    await permitted.hears(
      (heard) => heard.includes('permitted'),
      () => here.announcements.publish('keys', 'permitted'),
    );
    expect(lines).toHaveLength(1);
  });
});

describePostgres('word over PostgreSQL', () => {
  let postgres: SharedPostgres;
  beforeAll(async () => {
    postgres = await sharedPostgres();
  });
  afterAll(() => postgres.close());

  it.each(announcementLaws)('$title', (law) => {
    const table = postgres.table();
    return law.check(() => twoNodes(() => postgresStore({ url: postgres.url, table })));
  });

  it('listens anew when the connection is lost, and says that word may have been missed', async () => {
    const table = postgres.table();
    const [speaker, listener] = [0, 1].map(() => postgresStore({ url: postgres.url, table }));
    if (speaker === undefined || listener === undefined) throw new Error('no stores');
    onTestFinished(async () => void (await Promise.all([speaker.close(), listener.close()])));
    const listening = ear(listener, 'keys');
    await listening.hears((heard) => heard.includes(undefined));
    listening.heard.length = 0;
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse-announcements'`;
    await runSql(postgres.url, kill);
    await listening.hears((heard) => heard.includes(undefined));
    await listening.hears(
      (heard) => heard.includes('again'),
      () => speaker.announcements.publish('keys', 'again'),
    );
  });
});
