import assert from 'node:assert/strict';
import { law, type StoreLaw } from './store-law.ts';

const NO_LIFETIMES: readonly unknown[] = [
  0,
  -1,
  -0.5,
  Number.NaN,
  -Infinity,
  '60',
  60n,
  null,
  undefined,
  [60],
  {},
  true,
];

/** A record is there until its lifetime is over, and not one call longer. Times are short: a backend may really wait. */
export const lifetimeLaws: readonly StoreLaw[] = [
  law('never returns a record whose lifetime is over, and keeps the others', async ({ store, advance }) => {
    await store.put('code:short', '1', 2);
    await store.putIfAbsent('code:once', '1', 2);
    await store.put('code:long', '2', 60);
    await store.put('code:kept', '3', Infinity);
    assert.equal(await store.get('code:short'), '1');
    await advance(3);
    assert.equal(await store.get('code:short'), undefined);
    assert.equal(await store.get('code:once'), undefined);
    assert.equal(await store.take('code:short'), undefined);
    assert.equal(await store.get('code:long'), '2');
    assert.equal(await store.take('code:kept'), '3');
  }),
  law('gives the name of an ended record away again by putIfAbsent', async ({ store, advance }) => {
    assert.equal(await store.putIfAbsent('assertion:a', '1', 2), true);
    assert.equal(await store.putIfAbsent('assertion:a', '2', 60), false);
    await advance(3);
    assert.equal(await store.putIfAbsent('assertion:a', '3', 60), true);
    assert.equal(await store.get('assertion:a'), '3');
  }),
  law('counts the lifetime of the last put, longer or shorter', async ({ store, advance }) => {
    await store.put('code:longer', '1', 2);
    await store.put('code:longer', '2', 60);
    await store.put('code:shorter', '1', Infinity);
    await store.put('code:shorter', '2', 2);
    await advance(3);
    assert.equal(await store.get('code:longer'), '2');
    assert.equal(await store.get('code:shorter'), undefined);
  }),
  law('leaves the lifetime alone where putIfAbsent writes nothing', async ({ store, advance }) => {
    await store.put('code:a', '1', 2);
    assert.equal(await store.putIfAbsent('code:a', '2', 60), false);
    await advance(3);
    assert.equal(await store.get('code:a'), undefined);
  }),
  law('refuses a lifetime that is not a number above 0 with a TypeError, and writes nothing', async ({ store }) => {
    await store.put('code:a', '1', 60);
    for (const ttl of NO_LIFETIMES) {
      const refusal = { name: 'TypeError', message: /^ttl must be a number of seconds above 0/ };
      await assert.rejects(store.put('code:a', '2', ttl as number), refusal);
      await assert.rejects(store.putIfAbsent('code:b', '2', ttl as number), refusal);
    }
    assert.equal(await store.get('code:a'), '1');
    assert.equal(await store.get('code:b'), undefined);
  }),
];
