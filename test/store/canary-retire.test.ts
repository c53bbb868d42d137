import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { retireKey } from '../../src/store/canary.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { reseal } from '../../src/store/reseal.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import type { Store } from '../../src/store/store.ts';
import { recordingLog } from './recording-log.ts';

const [oldKey, newKey, thirdKey] = [generateFernetKey(), generateFernetKey(), generateFernetKey()];
const before = keyRing([oldKey]);
const during = keyRing([newKey, oldKey]);
const after = keyRing([newKey]);
const [oldId] = before.ids as [string];

const open = (inner: Store, ring: ReturnType<typeof keyRing>, log = silentLog) => sealedStore(inner, ring, { log });

/** A store with one record of the old key, after the new one was put before it. */
async function rotated() {
  const inner = memoryStore();
  await (await open(inner, before)).put('grant:a', 'value', 60);
  await open(inner, during);
  return inner;
}

describe('a retired key', () => {
  it('ST-07 is refused alone, while the new one and both together go on', async () => {
    const inner = await rotated();
    await reseal(inner, during, { batch: 10 });
    await retireKey(inner, during, oldId, systemClock);
    await expect(open(inner, before)).rejects.toThrow(ConfigError);
    for (const ring of [after, during]) expect(await (await open(inner, ring)).get('grant:a')).toBe('value');
    const behind = open(inner, keyRing([oldKey, newKey]));
    await expect(behind).rejects.toThrow(`GATEHOUSE_KEYS: its first key ${oldId} was retired from this store`);
  });

  it('ST-07 leaves what it sealed absent and in its place, never data and never 503', async () => {
    const inner = await rotated();
    const { log, lines } = recordingLog();
    const alone = await open(inner, after, log);
    await expect(alone.get('grant:a')).rejects.toMatchObject({ status: 503 });
    await retireKey(inner, during, oldId, systemClock);
    expect(await alone.get('grant:a')).toBeUndefined();
    expect(await alone.take('grant:a')).toBeUndefined();
    expect(await alone.putIfAbsent('grant:a', 'other', 60), 'a used-marker of it still denies').toBe(false);
    expect(lines.at(-1)).toEqual(['retired_key', { kind: 'grant', key: oldId }]);
    expect(await (await open(inner, during)).get('grant:a'), 'nothing was removed').toBe('value');
    await alone.put('grant:a', 'new', 60);
    expect(await alone.get('grant:a')).toBe('new');
  });

  it('can be retired again after that was cut short anywhere', async () => {
    for (let allowed = 0; allowed <= 3; allowed += 1) {
      const inner = await rotated();
      let left = allowed;
      const step =
        <A extends unknown[]>(action: (...values: A) => Promise<void>) =>
        async (...values: A) => {
          left -= 1;
          if (left < 0) throw new Error('cut short');
          await action(...values);
        };
      const failing: Store = { ...inner, put: step(inner.put), delete: step(inner.delete) };
      await retireKey(failing, during, oldId, systemClock).catch(() => undefined);
      await open(inner, during);
      await retireKey(inner, during, oldId, systemClock);
      await expect(open(inner, before)).rejects.toThrow(ConfigError);
      await open(inner, after);
    }
  });

  it('stays retired over the next change of keys', async () => {
    const inner = await rotated();
    await retireKey(inner, during, oldId, systemClock);
    const next = keyRing([thirdKey, newKey]);
    await open(inner, next);
    await reseal(inner, next, { batch: 10 });
    await retireKey(inner, next, after.sealingId, systemClock);
    const alone = await open(inner, keyRing([thirdKey]));
    expect(await alone.get('grant:a')).toBeUndefined();
  });

  it('is never the one that seals', async () => {
    const refused = retireKey(await rotated(), during, during.sealingId, systemClock);
    await expect(refused).rejects.toThrow(`${during.sealingId} is the key that seals`);
  });

  it('cannot be made up by whoever can write to the store but has no key', async () => {
    const inner = await rotated();
    await inner.put(`retired:${oldId}`, '', Infinity);
    const alone = await open(inner, after);
    await expect(alone.get('grant:a')).rejects.toMatchObject({ status: 503 });
  });
});
