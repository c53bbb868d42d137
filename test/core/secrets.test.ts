import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalSecrets, fingerprint, randomToken, sha256 } from '../../src/core/secrets.ts';

describe('randomToken', () => {
  it('holds 256 random bits by default, in base64url', () => {
    expect(randomToken()).toMatch(/^[\w-]{43}$/);
    expect(randomToken(16)).toMatch(/^[\w-]{22}$/);
    expect(new Set(Array.from({ length: 1000 }, () => randomToken())).size).toBe(1000);
  });
});

describe('sha256', () => {
  it('gives the published digest of abc (FIPS 180-4)', () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256('abc')).toBe(Buffer.from(digest, 'hex').toString('base64url'));
  });
});

describe('fingerprint', () => {
  it('is the first eight characters of the hash, so that it tells nothing of the secret', () => {
    expect(fingerprint('abc')).toBe(sha256('abc').slice(0, 8));
    expect(fingerprint('')).toHaveLength(8);
  });
});

describe('equalSecrets', () => {
  it('CC-07 is true for equal texts only, whatever their lengths', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(equalSecrets(left, right)).toBe(left === right);
        expect(equalSecrets(left, left)).toBe(true);
      }),
    );
  });

  it('tells a prefix and another case apart', () => {
    expect(equalSecrets('secret', 'secre')).toBe(false);
    expect(equalSecrets('secret', 'Secret')).toBe(false);
    expect(equalSecrets('secret', '')).toBe(false);
  });
});
