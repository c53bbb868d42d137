import { writeSync } from 'node:fs';
import { keyRing } from '../../src/store/key-ring.ts';
import { reseal } from '../../src/store/reseal.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';

/** A process that is killed while it seals the records of a file anew: `<file> <batches> <keys>`. */
const [, , file = '', batches, keys = ''] = process.argv;
let left = Number(batches);
await reseal(sqliteStore({ file }), keyRing(keys.split(',')), {
  batch: 10,
  afterBatch: ({ resealed }) => {
    writeSync(1, `${resealed}\n`);
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
