import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { storedName } from '../../src/store/sealed-record.ts';
import type { Store } from '../../src/store/store.ts';

const [oldKey, newKey, wrongKey] = [generateFernetKey(), generateFernetKey(), generateFernetKey()];
const before = keyRing([oldKey]);
const during = keyRing([newKey, oldKey]);
const after = keyRing([newKey]);
const wrong = keyRing([wrongKey]);
const open = (inner: Store, ring: ReturnType<typeof keyRing>) => sealedStore(inner, ring, { log: silentLog });
const lacksNewKey = { status: 503, reason: `the key ring lacks key ${after.ids[0]}` };

/** A store together with every change it was asked for. */
function watched(inner: Store): { readonly store: Store; readonly changes: readonly string[] } {
  const changes: string[] = [];
  const store: Store = {
    ...inner,
    put: (key, value, ttl) => {
      changes.push(`put ${key}`);
      return inner.put(key, value, ttl);
    },
    putIfAbsent: async (key, value, ttl) => {
      const won = await inner.putIfAbsent(key, value, ttl);
      if (won) changes.push(`put ${key}`);
      return won;
    },
    take: (key) => {
      changes.push(`take ${key}`);
      return inner.take(key);
    },
    delete: (key) => {
      changes.push(`delete ${key}`);
      return inner.delete(key);
    },
  };
  return { store, changes };
}

describe('rotation of the sealing key', () => {
  it('ST-07 reads old records with [new, old] and seals new ones under the new key', async () => {
    const inner = memoryStore();
    await (await open(inner, before)).put('grant:old', 'old', 60);
    const rotated = await open(inner, during);
    await rotated.put('grant:new', 'new', 60);
    expect(await rotated.get('grant:old')).toBe('old');
    expect((await inner.get(storedName('grant:new')))?.slice(0, 8)).toBe(after.ids[0]);
    const dropped = await open(inner, after);
    expect(await dropped.get('grant:new')).toBe('new');
    await expect(dropped.get('grant:old')).rejects.toMatchObject({ reason: `the key ring lacks key ${before.ids[0]}` });
    expect(await rotated.take('grant:old'), 'nothing was removed').toBe('old');
  });

  it('ST-08 answers Unavailable for a record of a key it lacks, and leaves it as it is', async () => {
    const inner = memoryStore();
    const behind = await open(inner, before);
    const ahead = await open(inner, during);
    await ahead.put('grant:a', 'value', 60);
    await expect(behind.get('grant:a')).rejects.toMatchObject(lacksNewKey);
    await expect(behind.take('grant:a')).rejects.toMatchObject(lacksNewKey);
    expect(await behind.putIfAbsent('grant:a', 'other', 60)).toBe(false);
    expect(await ahead.get('grant:a')).toBe('value');
    await behind.delete('grant:a');
    expect(await ahead.get('grant:a'), 'a revocation bites whichever key sealed').toBeUndefined();
  });

  it('ST-08 gives back what another node put with its newer key between the reading and the taking', async () => {
    const inner = memoryStore();
    const place = storedName('code:a');
    let meanwhile = async (): Promise<void> => {};
    const behind = await open(
      {
        ...inner,
        get: async (key) => {
          const seen = await inner.get(key);
          if (key === place) await meanwhile();
          return seen;
        },
      },
      before,
    );
    const ahead = await open(inner, during);
    await behind.put('code:a', 'first', 60);
    meanwhile = () => ahead.put('code:a', 'second', 60);
    await expect(behind.take('code:a')).rejects.toMatchObject(lacksNewKey);
    expect(await ahead.take('code:a')).toBe('second');
    await behind.put('code:a', 'first', 60);
    meanwhile = () => behind.put('code:a', 'third', 60);
    expect(await behind.take('code:a')).toBe('third');
    await behind.put('code:a', 'first', 60);
    meanwhile = () => inner.delete(place);
    expect(await behind.take('code:a')).toBeUndefined();
  });
});

describe('the canary', () => {
  it('ST-06 refuses a wrong ring by the name of its setting, and changes nothing', async () => {
    const inner = memoryStore();
    await (await open(inner, before)).put('grant:a', 'value', 60);
    const { store, changes } = watched(inner);
    await expect(open(store, wrong)).rejects.toThrow(ConfigError);
    await expect(open(store, wrong)).rejects.toThrow('GATEHOUSE_KEYS holds none of the keys');
    expect(changes).toEqual([]);
    expect(await (await open(store, before)).get('grant:a')).toBe('value');
    expect(changes).toEqual([]);
  });

  it('ST-06 refuses the new key alone before it has ever sealed', async () => {
    const inner = memoryStore();
    await open(inner, before);
    await expect(open(inner, after)).rejects.toThrow(ConfigError);
    await open(inner, keyRing([oldKey, newKey]));
    await expect(open(inner, after), 'nothing is sealed with it yet').rejects.toThrow(ConfigError);
    await open(inner, during);
    await expect(open(inner, after)).resolves.toBeDefined();
    await expect(open(inner, before), 'a node that is behind may restart').resolves.toBeDefined();
  });

  it('lets one ring claim a new store, and the same ring from many nodes at once', async () => {
    const shared = memoryStore();
    await Promise.all(Array.from({ length: 10 }, () => open(shared, before)));
    const contested = memoryStore();
    const openings = await Promise.allSettled([before, wrong].map((ring) => open(contested, ring)));
    expect(openings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('proves the key whatever the clock says', async () => {
    const inner = memoryStore();
    await sealedStore(inner, before, { clock: () => 1_790_000_000, log: silentLog });
    await expect(sealedStore(inner, before, { clock: () => 0, log: silentLog })).resolves.toBeDefined();
    await expect(sealedStore(inner, before, { clock: () => 4e9, log: silentLog })).resolves.toBeDefined();
  });
});
