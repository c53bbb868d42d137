import assert from 'node:assert/strict';
import { law, type StoreLaw } from './store-law.ts';

/** Handles come and go; what they wrote stays. */
export const closingLaws: readonly StoreLaw[] = [
  law('rejects with temporarily_unavailable after close, and closes twice without complaint', async ({ store }) => {
    await store.put('code:a', '1', 60);
    await store.close();
    await store.close();
    const unavailable = { code: 'temporarily_unavailable', status: 503 };
    await assert.rejects(store.get('code:a'), unavailable);
    await assert.rejects(store.put('code:a', '1', 60), unavailable);
    await assert.rejects(store.putIfAbsent('code:b', '1', 60), unavailable);
    await assert.rejects(store.take('code:a'), unavailable);
    await assert.rejects(store.delete('code:a'), unavailable);
  }),
  law('shows to one handle what another one did, also after that was closed', async ({ store, another }) => {
    const other = await another?.();
    await (other ?? store).put('code:a', '1', 60);
    assert.equal(await store.get('code:a'), '1');
    await store.delete('code:a');
    assert.equal(await (other ?? store).get('code:a'), undefined);
    await (other ?? store).put('code:b', '2', 60);
    await other?.close();
    assert.equal(await store.take('code:b'), '2');
  }),
];
