import { describe, expect, it, vi } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { takeLease } from '../../src/store/lease.ts';
import type { MaintainableStore } from '../../src/store/maintenance.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sealedBy } from '../../src/store/reseal.ts';
import { resealInBackground } from '../../src/store/reseal-background.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { recordingLog } from './recording-log.ts';
import { movableClock } from './stores-under-test.ts';

const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()];
const before = keyRing([oldKey]);
const during = keyRing([newKey, oldKey]);
const after = keyRing([newKey]);
const leaseName = `lease:${after.sealingId}`;

/** A memory store with `count` records that the old key has sealed, in which the new one has its canary. */
async function filled(count: number, inner: MaintainableStore = memoryStore()) {
  const store = await sealedStore(inner, before, { log: silentLog });
  for (let index = 0; index < count; index += 1) await store.put(`grant:${index}`, `value ${index}`, 36_000);
  await sealedStore(inner, during, { log: silentLog });
  return inner;
}

const scanning = (store: MaintainableStore, scan: MaintainableStore['scan']): MaintainableStore => ({ ...store, scan });

describe('sealing anew in the background', () => {
  it('does it after the time it was given, and says so', async () => {
    const inner = await filled(30);
    const { log, lines } = recordingLog();
    const upkeep = resealInBackground({ store: inner, ring: during, log, after: 0 });
    await expect.poll(() => lines.map(([event]) => event)).toEqual(['resealed']);
    expect(lines[0]?.[1]).toMatchObject({ key: after.sealingId, resealed: 30, unreadable: 0 });
    await upkeep.stop();
    const other = recordingLog();
    const second = resealInBackground({ store: inner, ring: during, log: other.log, after: 0 });
    await second.stop();
    expect(other.lines, 'one node of all does it').toEqual([]);
  });

  it('touches nothing before its time, nor after it was stopped', async () => {
    const inner = await filled(30);
    const upkeep = resealInBackground({ store: inner, ring: during, log: silentLog, after: 3600 });
    await upkeep.stop();
    expect((await sealedBy(inner, during)).get(before.sealingId)).toBe(30);
    const running = resealInBackground({ store: inner, ring: during, log: silentLog, after: 0 });
    await expect.poll(async () => (await sealedBy(inner, during)).get(after.sealingId)).toBeGreaterThan(0);
    await running.stop();
    const left = (await sealedBy(inner, during)).get(before.sealingId);
    expect(left).toBeGreaterThan(0);
    expect(await inner.get(leaseName), 'the next node need not wait').toBeUndefined();
  });

  it('says what it cannot do on a store that lists nothing, and that a failing store failed', async () => {
    const { scan: _scan, replace: _replace, ...plain } = memoryStore();
    const impossible = recordingLog();
    await resealInBackground({ store: plain, ring: during, log: impossible.log, after: 0 }).stop();
    expect(impossible.lines).toEqual([
      ['reseal_impossible', { reason: 'the store has no scan and replace', keys: during.ids }],
    ]);
    const failing = recordingLog();
    const scan = async () => {
      throw new Unavailable('gone');
    };
    const store: MaintainableStore = { ...(await filled(1)), scan };
    const upkeep = resealInBackground({ store, ring: during, log: failing.log, after: 0 });
    await expect.poll(() => failing.lines.map(([event]) => event)).toEqual(['reseal_failed']);
    await upkeep.stop();
    const alone = resealInBackground({ store: plain, ring: after, log: impossible.log, after: 0 });
    await alone.stop();
    expect(impossible.lines).toHaveLength(1);
  });

  it('leaves a store to the node that is at it, and goes on within a minute where that one was killed', async () => {
    const { clock, advance } = movableClock();
    const store = await filled(30, memoryStore({ clock }));
    const left = async () => (await sealedBy(store, during)).get(before.sealingId);
    // What a node holds that is there no more.
    expect(await takeLease(store, leaseName)).toMatchObject({});
    const { log, lines } = recordingLog();
    const asked = vi.fn();
    const putIfAbsent: MaintainableStore['putIfAbsent'] = async (...entry) => {
      asked(entry[0]);
      return store.putIfAbsent(...entry);
    };
    const upkeep = resealInBackground({ store: { ...store, putIfAbsent }, ring: during, log, after: 0, retry: 1 });
    advance(29);
    await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(3);
    expect(await left()).toBe(30);
    advance(1);
    await expect.poll(() => lines.map(([event]) => event)).toEqual(['resealed']);
    expect(await left()).toBe(0);
    await upkeep.stop();
  });

  it('holds its lease for as long as it is at work, and ends without another word where it has lost it', async () => {
    const { clock, advance } = movableClock();
    const inner = await filled(80, memoryStore({ clock }));
    const others: unknown[] = [];
    const scan: MaintainableStore['scan'] = async (...page) => {
      others.push(await takeLease(inner, leaseName));
      advance(20);
      return inner.scan(...page);
    };
    const { log, lines } = recordingLog();
    const upkeep = resealInBackground({ store: scanning(inner, scan), ring: during, log, after: 0 });
    await expect.poll(() => lines.map(([event]) => event)).toEqual(['resealed']);
    await upkeep.stop();
    expect(others).toEqual(Array(4).fill('held'));
    expect(await takeLease(inner, leaseName)).toBe('done');

    const slow = await filled(80, memoryStore({ clock }));
    const late: MaintainableStore['scan'] = async (...page) => {
      advance(31);
      others.push(await takeLease(slow, leaseName));
      return slow.scan(...page);
    };
    const second = resealInBackground({ store: scanning(slow, late), ring: during, log, after: 0 });
    await expect.poll(async () => (await sealedBy(slow, during)).get(after.sealingId)).toBeGreaterThan(0);
    await second.stop();
    expect((await sealedBy(slow, during)).get(before.sealingId)).toBeGreaterThan(25);
    expect([others.length, lines.length]).toEqual([5, 1]);
    expect(await takeLease(slow, leaseName), 'the lease of the other is left to it').toBe('held');
  });
});
