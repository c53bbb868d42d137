import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store.ts';
import { law, type StoreLaw, type StoreUnderTest } from './store-law.ts';

const CALLERS = 50;

/** Single use: of many callers at once exactly one wins, over every handle of the backend. */
export const winnerLaws: readonly StoreLaw[] = [
  law('lets exactly one of 50 parallel takers have the value', async (subject) => {
    await withHandles(subject, async (handles) => {
      await subject.store.put('code:a', 'prize', 60);
      const taken = await Promise.all(callers(handles, (handle) => handle.take('code:a')));
      assert.deepEqual(defined(taken), ['prize']);
      assert.equal(await subject.store.get('code:a'), undefined);
      assert.equal(await subject.store.take('code:a'), undefined);
    });
  }),
  law('lets exactly one of 50 parallel putIfAbsent write, and keeps what that one wrote', async (subject) => {
    await withHandles(subject, async (handles) => {
      const won = await Promise.all(
        callers(handles, async (handle, caller) =>
          (await handle.putIfAbsent('assertion:a', `${caller}`, 60)) ? `${caller}` : undefined,
        ),
      );
      assert.equal(defined(won).length, 1);
      assert.equal(await subject.store.get('assertion:a'), defined(won)[0]);
    });
  }),
  law('gives a name away once more after each take, never more often', async (subject) => {
    await withHandles(subject, async (handles) => {
      for (let round = 0; round < 5; round += 1) {
        const won = await Promise.all(callers(handles, (handle) => handle.putIfAbsent('lock:a', `${round}`, 60)));
        assert.equal(won.filter(Boolean).length, 1);
        const taken = await Promise.all(callers(handles, (handle) => handle.take('lock:a')));
        assert.deepEqual(defined(taken), [`${round}`]);
      }
    });
  }),
];

async function withHandles(subject: StoreUnderTest, body: (handles: readonly Store[]) => Promise<void>): Promise<void> {
  const other = await subject.another?.();
  try {
    await body(other === undefined ? [subject.store] : [subject.store, other]);
  } finally {
    await other?.close();
  }
}

const callers = <T>(handles: readonly Store[], call: (handle: Store, caller: number) => Promise<T>): Promise<T>[] =>
  Array.from({ length: CALLERS / handles.length }, (_, turn) =>
    handles.map((handle, index) => call(handle, turn * handles.length + index)),
  ).flat();

const defined = (values: readonly (string | undefined)[]): readonly string[] =>
  values.filter((value) => value !== undefined);
