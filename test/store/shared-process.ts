import { writeSync } from 'node:fs';
import { postgresStore } from '../../src/store/postgres.ts';
import { redisStore } from '../../src/store/redis.ts';

/** One of several processes on one store: `<url>`, with a `prefix` or `table` in it; each line it prints is a prize it won. */
const [, , url = ''] = process.argv;
const timeout = 20_000;
const store = url.startsWith('redis') ? redisStore({ url, timeout }) : postgresStore({ url, timeout });
const say = (line: string) => writeSync(1, `${line}\n`);

await store.get('ready');
say('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let prize = 0; prize < 200; prize += 1) {
  if ((await store.take(`code:${prize}`)) !== undefined) say(`taken ${prize}`);
  if (await store.putIfAbsent(`assertion:${prize}`, '1', 60)) say(`written ${prize}`);
}
await store.close();
process.exit(0);
