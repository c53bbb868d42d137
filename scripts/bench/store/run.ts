/**
 * What the stores cost: their operations, `/token` and calls over each of them beside oidc-provider alone, sealing, bytes in
 * Redis, and how it all grows. Ends with 1 where a promise is broken beyond noise (`noise.ts`).
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { generateFernetKey } from '../../../src/core/fernet.ts';
import { keyRing } from '../../../src/store/key-ring.ts';
import { againstBare, type BenchParts, growth, memory, operations, sealing } from './parts.ts';
import { realSignIn } from './real-sign-in.ts';
import type { RedisBytes } from './redis-bytes.ts';
import { broken, bytesTable, lines, type Section, table } from './report.ts';
import { isPresent, STORE_KINDS, type StoreKind, type Stores, storesOf } from './stores.ts';

const USAGE = `npm run bench:store -- [options]
  --stores memory,sqlite,redis,postgres   default: those that are installed
  --parts operations,token,sealing,memory,growth
  --rounds 11        turns of everybody; with fewer than 5 no promise can be found broken
  --operations 400   store operations of a turn
  --requests 100     requests of a turn
  --clients 100000 --grants 1000000       the large store; the small one has 1,000 of each at most
  --json             the figures as one JSON object`;

/** Sealing may cost a tenth of \`/token\`: the whole is then 1 / 0.9 of what it is without. */
const SEALING = 1 / 0.9;
const GROWTH = 1.1;
const SMALL = 1000;

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: STORE_KINDS.filter(isPresent).join(',') },
    parts: { type: 'string', default: 'operations,token,sealing,memory,growth' },
    rounds: { type: 'string', default: '11' },
    operations: { type: 'string', default: '400' },
    requests: { type: 'string', default: '100' },
    clients: { type: 'string', default: '100000' },
    grants: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const tell = (text: string) => {
  if (!values.json) console.log(text);
};
const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(1)}`;
tell(`${machine}\n10 at once, ${values.rounds} rounds; ratios are medians of the rounds' ratios\n`);

const key = generateFernetKey();
const parts: BenchParts = {
  key,
  ring: keyRing([key]),
  signIn: await realSignIn(key),
  rounds: Number(values.rounds),
  warmUp: Math.min(3, Number(values.rounds)),
  operations: Number(values.operations),
  requests: Number(values.requests),
};
const large = { clients: Number(values.clients), grants: Number(values.grants) };
const small = { clients: Math.min(SMALL, large.clients), grants: Math.min(SMALL, large.grants) };
const sections: Section[] = [];
let bytes: RedisBytes | undefined;

const done = (section: Section) => {
  sections.push(section);
  tell(table(section));
};
const chosen = values.parts.split(',');
for (const kind of values.stores.split(',') as StoreKind[]) {
  const stores = await storesOf(kind);
  try {
    await measure(kind, stores);
  } finally {
    await stores.close();
  }
}
const faults = sections.flatMap(broken);
if (values.json)
  console.log(JSON.stringify({ machine, load: loadavg(), sections, bytes, broken: faults }, undefined, 2));
for (const fault of faults) console.error(`broken: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

async function measure(kind: StoreKind, stores: Stores): Promise<void> {
  if (chosen.includes('operations')) {
    done({
      title: `${kind}: operations of the store`,
      lines: lines(await operations(stores, parts), ['sealed', 'plain']),
    });
  }
  if (chosen.includes('token')) {
    const title = `${kind}: a host beside oidc-provider and the MCP SDK alone`;
    done({ title, lines: lines(await againstBare(stores, parts), ['gatehouse', 'bare']) });
  }
  if (chosen.includes('sealing')) {
    const title = `${kind}: /token with the store sealed and in clear`;
    done({ title, lines: lines(await sealing(stores, parts), ['sealed', 'plain'], SEALING), promised: 'cpu' });
  }
  if (chosen.includes('memory') && kind === 'redis') {
    bytes = await memory(stores, parts, Math.min(20_000, large.grants));
    tell(bytesTable(bytes));
  }
  if (chosen.includes('growth') && kind !== 'memory') {
    const title = `${kind}: ${large.clients} clients and ${large.grants} sign-ins beside ${small.clients} and ${small.grants}`;
    done({
      title,
      lines: lines(await growth(stores, parts, { small, large }), ['large', 'small'], GROWTH),
      promised: 'time',
    });
  }
}
