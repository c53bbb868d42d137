import { writeSync } from 'node:fs';
import { sqliteStore } from '../../src/store/sqlite.ts';

/** A second process for the tests of the SQLite store: `<job> <file>`; each line it prints was acknowledged. */
const [, , job, file = ''] = process.argv;
const store = sqliteStore({ file, timeout: 20_000 });
const say = (line: string) => writeSync(1, `${line}\n`);

if (job === 'race') {
  say('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let prize = 0; prize < 200; prize += 1) {
    if ((await store.take(`code:${prize}`)) !== undefined) say(`taken ${prize}`);
    if (await store.putIfAbsent(`assertion:${prize}`, '1', 60)) say(`written ${prize}`);
  }
  await store.close();
  process.exit(0);
}

for (let record = 0; record < 300; record += 1) {
  await store.put(`grant:${record}`, `value ${record}`, 3600);
  say(`put ${record}`);
  if (record % 3 === 0 && (await store.take(`grant:${record}`)) !== undefined) say(`taken ${record}`);
}
process.kill(process.pid, 'SIGKILL');
