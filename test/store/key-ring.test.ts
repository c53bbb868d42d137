import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { vectorKey } from '../core/fernet-vectors.ts';

const now = 1_790_000_000;
const [first, second] = [generateFernetKey(), generateFernetKey()];
const allZero = `${'A'.repeat(43)}=`;

const faultsOf = (keys: readonly string[]): readonly string[] => {
  try {
    keyRing(keys);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
  }
  return [];
};

describe('keyRing', () => {
  it('seals with the first key and opens with all', () => {
    const [old, rotated] = [keyRing([second]), keyRing([first, second])];
    expect(rotated.open(old.seal('before', now), now)).toEqual({ state: 'opened', plaintext: 'before' });
    const sealed = rotated.seal('after', now);
    expect(sealed).toMatch(new RegExp(`^${rotated.ids[0]}\\.gAAAAA`));
    expect(keyRing([first]).open(sealed, now)).toEqual({ state: 'opened', plaintext: 'after' });
  });

  it('derives bytes that differ by purpose and key, and stay the same while the key is in the ring', () => {
    const [ring, other] = [keyRing([first, second]), keyRing([second])];
    const bytes = ring.derive('client ids', ring.sealingId);
    expect(bytes).toHaveLength(32);
    expect(keyRing([second, first]).derive('client ids', ring.sealingId)).toEqual(bytes);
    const others = [ring.derive('secrets', ring.sealingId), ring.derive('client ids', other.sealingId)];
    expect(new Set([bytes, ...others].map((each) => each?.toString('hex'))).size).toBe(3);
    expect(bytes?.toString('base64')).not.toBe(first);
    expect(other.derive('client ids', ring.sealingId)).toBeUndefined();
  });

  it('ST-08 tells a missing key by its public id', () => {
    const other = keyRing([second]);
    expect(keyRing([first]).open(other.seal('x', now), now)).toEqual({ state: 'unknown_key', keyId: other.ids[0] });
  });

  it('ST-01 takes a genuine text under another key id for altered, not for a missing key', () => {
    const ring = keyRing([first]);
    const sealed = ring.seal('x', now);
    expect(ring.open(`AAAAAAAA${sealed.slice(8)}`, now)).toEqual({ state: 'refused' });
    expect(keyRing([first, second]).open(keyRing([second]).ids[0] + sealed.slice(8), now)).toEqual({
      state: 'refused',
    });
    for (const text of [
      '',
      '.',
      'null',
      '{"a":1}',
      sealed.slice(9),
      sealed.replace('.', ':'),
      sealed.slice(0, 8),
      'password.txt',
    ]) {
      expect(ring.open(text, now), text).toEqual({ state: 'refused' });
    }
  });

  it.each([
    ['no key at all', [], 'GATEHOUSE_KEYS must hold at least one key'],
    ['a word', ['changeme'], 'key 1 is not the base64url text of 32 bytes'],
    ['a key of 16 bytes', [Buffer.alloc(16, 1).toString('base64url')], 'key 1 is not the base64url text of 32 bytes'],
    ['a key without its padding', [first.slice(0, -1)], 'key 1 is not the base64url text of 32 bytes'],
    ['the all-zero key', [allZero], 'key 1 can be guessed: all its bytes are the same'],
    ['the key of the published vectors', [first, vectorKey], 'key 2 is a published example'],
    ['a key given twice', [first, second, first], 'key 3 is given twice'],
  ])('ST-06 refuses %s', (_title, keys, message) => {
    expect(() => keyRing(keys)).toThrow(ConfigError);
    expect(() => keyRing(keys)).toThrow(message);
    expect(() => keyRing(keys)).toThrow('GATEHOUSE_KEYS');
  });

  it('reports all faults at once, and prints no key in a fault or in itself', () => {
    const keys = [first, allZero, vectorKey, first];
    expect(faultsOf(keys)).toHaveLength(3);
    for (const key of keys) expect(faultsOf(keys).join('\n')).not.toContain(key);
    expect(inspect(keyRing([first]), { depth: 10, showHidden: true })).not.toContain(first);
  });
});
