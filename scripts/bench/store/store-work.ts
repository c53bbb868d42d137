import { randomToken } from '../../../src/core/secrets.ts';
import type { StoreMaintenance } from '../../../src/store/maintenance.ts';
import type { Store } from '../../../src/store/store.ts';
import { LIFE } from './fill.ts';
import { type Sample, sample } from './sample.ts';
import type { Contender } from './turns.ts';

/** What a store is asked. */
export interface StoreWorkParts {
  readonly store: Store;
  /** Operations of a turn. */
  readonly count: number;
  /** A text of the length that records have. */
  readonly value: string;
  /** The name of a record that is there, any of them. */
  readonly known: () => string;
  /** What lies beneath the seal, where lists are to be read from it. */
  readonly beneath?: StoreMaintenance;
}

const PAGE = 500;
const PAGES = 5;

/** Each operation of a store. What is put is deleted again, so that the store stays as large as it was. */
export function storeWork(name: string, { store, count, value, known, beneath }: StoreWorkParts): Contender {
  let put: readonly string[] = [];
  let claimed: readonly string[] = [];
  const fresh = () => Array.from({ length: count }, () => `bench:${randomToken(16)}`);
  const each = (names: readonly string[], one: (name: string) => Promise<boolean>): Promise<Sample> =>
    sample(names.length, async (index) => expectDone(await one(names[index] ?? '')), processorTime);
  const work = new Map([
    ['get', () => each(Array.from({ length: count }, known), async (key) => (await store.get(key)) !== undefined)],
    [
      'put',
      () => {
        put = fresh();
        return each(put, async (key) => {
          await store.put(key, value, LIFE);
          return true;
        });
      },
    ],
    [
      'putIfAbsent',
      () => {
        claimed = fresh();
        return each(claimed, (key) => store.putIfAbsent(key, value, LIFE));
      },
    ],
    ['take', () => each(claimed, async (key) => (await store.take(key)) === value)],
    [
      'delete',
      () =>
        each(put, async (key) => {
          await store.delete(key);
          return true;
        }),
    ],
  ]);
  if (beneath !== undefined) {
    const read = reader(beneath);
    work.set(`${PAGES} pages of ${PAGE}`, () => sample(1, read, processorTime));
  }
  return { name, work };
}

/** Some pages on from those before, as `gatehouse clients list` reads them; after the last page the first. */
function reader(store: StoreMaintenance): () => Promise<void> {
  let cursor: string | undefined;
  return async () => {
    for (let page = 0; page < PAGES; page++) ({ cursor } = { cursor: undefined, ...(await store.scan(cursor, PAGE)) });
  };
}

function expectDone(done: boolean): void {
  if (!done) throw new Error('A store did not do what it was asked.');
}

/** Of this process, which a store is part of. */
async function processorTime(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return user + system;
}
