import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { retireKey } from '../../src/store/canary.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { storedName } from '../../src/store/sealed-record.ts';
import { recordingLog } from './recording-log.ts';
import { movableClock } from './stores-under-test.ts';

const ring = keyRing([generateFernetKey()]);

async function open() {
  const { clock, advance } = movableClock();
  const { log, lines } = recordingLog();
  const inner = memoryStore({ clock });
  return { inner, store: await sealedStore(inner, ring, { clock, log }), clock, advance, lines };
}

/** Puts the text that is kept under one name under another one as well, as a thief with the database would. */
async function copy(inner: ReturnType<typeof memoryStore>, from: string, to: string): Promise<void> {
  await inner.put(storedName(to), (await inner.get(storedName(from))) ?? '', Infinity);
}

describe('a sealed record', () => {
  it('ST-17 shows neither its value nor its name but for the kind', async () => {
    const { inner, store } = await open();
    const [name, value] = ['session:ada@example.com', '{"code":"s3cret-value"}'];
    await store.put(name, value, 60);
    expect(storedName(name)).toMatch(/^session:[A-Za-z0-9_-]{43}$/);
    const kept = await inner.get(storedName(name));
    expect(kept).toMatch(/^[A-Za-z0-9_-]{8}\.gAAAAA[A-Za-z0-9_-]+={0,2}$/);
    for (const form of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      const text = Buffer.from('s3cret-value').toString(form).replaceAll('=', '');
      expect(kept).not.toContain(text);
    }
    expect(await inner.get(name)).toBeUndefined();
  });

  it('ST-09 shows no part of a name that does not start with a plain kind, and no two names share a place', () => {
    for (const name of [
      'token-without-kind',
      '',
      ':a',
      'a b:c',
      '{x}:y',
      '*:y',
      '\0:y',
      `${'k'.repeat(33)}:y`,
      'é:y',
    ]) {
      expect(storedName(name)).toMatch(/^:[A-Za-z0-9_-]{43}$/);
    }
    const text = fc.string({ unit: 'binary' });
    fc.assert(fc.property(text, text, (a, b) => (storedName(a) === storedName(b)) === (a === b)));
    expect(storedName('a:b:c')).not.toBe(storedName('a:b') + storedName('c'));
    expect(storedName('code:\ud800')).not.toBe(storedName('code:\udfff'));
  });

  it('ST-02 reads as absent under any name but its own, and is logged by its kind alone', async () => {
    const { inner, store, lines } = await open();
    await store.put('grant:alice', 'of alice', 60);
    await store.put('grant:bob', 'of bob', 60);
    await copy(inner, 'grant:alice', 'grant:bob');
    await copy(inner, 'grant:alice', 'code:alice');
    expect(await store.get('grant:bob')).toBeUndefined();
    expect(await store.take('grant:bob')).toBeUndefined();
    expect(await store.get('code:alice')).toBeUndefined();
    expect(await store.get('grant:alice')).toBe('of alice');
    expect(lines).toEqual([
      ['storage_tamper', { kind: 'grant', reason: 'other_name' }],
      ['storage_tamper', { kind: 'grant', reason: 'other_name' }],
      ['storage_tamper', { kind: 'code', reason: 'other_name' }],
    ]);
  });

  it('a revocation that was spoiled is not undone by it: whoever asks is put off', async () => {
    const { inner, store } = await open();
    await store.put('revoked_grant:alice', 'of alice', 60);
    await store.put('revoked_grant:bob', 'of bob', 60);
    await copy(inner, 'revoked_grant:alice', 'revoked_grant:bob');

    await expect(store.get('revoked_grant:bob')).rejects.toMatchObject({ status: 503 });
    expect(await store.get('revoked_grant:alice')).toBe('of alice');
    await store.put('revoked_grant:bob', 'of bob', 60);
    expect(await store.get('revoked_grant:bob')).toBe('of bob');
  });

  it('ST-02 holds for any two names and values', async () => {
    const { inner, store } = await open();
    const name = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(name, name, fc.string({ unit: 'binary' }), async (from, to, value) => {
        await store.put(from, value, 60);
        expect(await store.get(from)).toBe(value);
        await copy(inner, from, to);
        expect(await store.get(to)).toBe(from === to ? value : undefined);
        await store.delete(to);
      }),
    );
  });

  it('ST-01 reads as absent with any character changed, and stays where it is', async () => {
    const { inner, store, lines } = await open();
    await store.put('grant:a', 'value', 60);
    const place = storedName('grant:a');
    const sealed = (await inner.get(place)) ?? '';
    const altered = Array.from(sealed, (_, index) => {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      return sealed.slice(0, index) + other + sealed.slice(index + 1);
    });
    for (const text of [...altered, '', 'null', '{"value":1}', sealed.slice(0, -4), sealed.slice(9)]) {
      await inner.put(place, text, 60);
      expect(await store.get('grant:a'), text).toBeUndefined();
      expect(await store.take('grant:a'), text).toBeUndefined();
      expect(await inner.get(place)).toBe(text);
    }
    expect(new Set(lines.map(([event]) => event))).toEqual(new Set(['storage_tamper']));
    await inner.put(place, sealed, 60);
    expect(await store.take('grant:a')).toBe('value');
  });

  it('ST-01 reads as absent when a key of the ring sealed something that is no record', async () => {
    const { inner, store, clock, lines } = await open();
    for (const text of ['words', '{}\nvalue', '[]\nvalue', '["grant:a",null]', '["grant:a",{}]\nvalue', '\nvalue']) {
      await inner.put(storedName('grant:a'), ring.seal(text, clock()), 60);
      expect(await store.get('grant:a'), text).toBeUndefined();
    }
    expect(lines).toHaveLength(6);
    await inner.put(storedName('grant:a'), ring.seal('["grant:a",null]\nvalue', clock()), 60);
    expect(await store.get('grant:a')).toBe('value');
  });

  it('ST-04 ends by the expiry sealed inside it, even where the inner store was told to keep it', async () => {
    const { inner, store, advance, lines } = await open();
    await store.put('grant:a', 'value', 60);
    await copy(inner, 'grant:a', 'grant:a');
    advance(59);
    expect(await store.get('grant:a')).toBe('value');
    advance(1);
    expect(await store.get('grant:a')).toBeUndefined();
    expect(lines, 'a second of skew is no attack').toEqual([]);
    advance(61);
    expect(await store.take('grant:a')).toBeUndefined();
    expect(lines).toEqual([['storage_tamper', { kind: 'grant', reason: 'kept_past_expiry' }]]);
  });

  it('ST-04 is taken again when an older one is put back, as no seal can tell, but no longer than it was to live', async () => {
    const { inner, store, advance } = await open();
    await store.put('grant:a', 'old', 60);
    const kept = (await inner.get(storedName('grant:a'))) ?? '';
    await store.put('grant:a', 'new', 600);
    await inner.put(storedName('grant:a'), kept, Infinity);
    expect(await store.get('grant:a')).toBe('old');
    advance(60);
    expect(await store.get('grant:a')).toBeUndefined();
    expect(await store.take('grant:a')).toBeUndefined();
  });

  it('ST-04 is worth nothing when it is put back after its key was retired', async () => {
    const inner = memoryStore();
    const [before, after] = [generateFernetKey(), generateFernetKey()];
    const { log, lines } = recordingLog();
    const old = await sealedStore(inner, keyRing([before]), { log });
    await old.put('account:a', 'old', Infinity);
    const kept = (await inner.get(storedName('account:a'))) ?? '';
    const both = keyRing([after, before]);
    const during = await sealedStore(inner, both, { log });
    await during.put('account:a', 'new', Infinity);
    await retireKey(inner, both, both.ids[1] ?? '', systemClock);
    const store = await sealedStore(inner, keyRing([after]), { log });
    expect(await store.get('account:a')).toBe('new');
    await inner.put(storedName('account:a'), kept, Infinity);
    expect(await store.get('account:a')).toBeUndefined();
    expect(lines.map(([event]) => event)).toContain('retired_key');
  });

  it('ST-04 reads as absent when it was sealed more than 60 s ahead of this clock', async () => {
    const { store, advance } = await open();
    await store.put('grant:a', 'value', Infinity);
    advance(-60);
    expect(await store.get('grant:a')).toBe('value');
    advance(-1);
    expect(await store.get('grant:a')).toBeUndefined();
  });

  it('denies by putIfAbsent while anything is kept under the name, altered or not', async () => {
    const { inner, store } = await open();
    await store.putIfAbsent('assertion:a', 'used', 60);
    await inner.put(storedName('assertion:a'), 'altered', 60);
    expect(await store.putIfAbsent('assertion:a', 'used again', 60)).toBe(false);
    expect(await inner.get(storedName('assertion:a'))).toBe('altered');
    await store.delete('assertion:a');
    expect(await store.putIfAbsent('assertion:a', 'used', 60)).toBe(true);
  });
});
