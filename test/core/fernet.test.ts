import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateFernetKey, open, readFernetKey, seal } from '../../src/core/fernet.ts';
import { genuine, refused, vectorKey } from './fernet-vectors.ts';

const read = (text: string) => {
  const key = readFernetKey(text);
  if (key === undefined) throw new Error('the key of this test is malformed');
  return key;
};
const key = read(vectorKey);
const fresh = read(generateFernetKey());
const now = 1_790_000_000;
const times = { now, ttl: 60 };

describe('the published Fernet vectors', () => {
  it('opens the published token', () => {
    expect(open([key], genuine.token, { now: genuine.openedAt, ttl: genuine.ttl })?.toString()).toBe(genuine.plaintext);
  });

  it.each(refused)('refuses: $title', ({ token, now }) => {
    expect(open([key], token, { now, ttl: 60 })).toBeUndefined();
  });
});

describe('seal and open', () => {
  it('makes what the specification says, part for part, as the published token is made', () => {
    const iv = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
    expect(byTheBook(vectorKey, genuine.plaintext, genuine.sealedAt, iv)).toBe(genuine.token);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 })), (plaintext) => {
        const token = seal(key, plaintext, { now });
        expect(token).toBe(byTheBook(vectorKey, plaintext, now, Buffer.from(token, 'base64url').subarray(9, 25)));
      }),
    );
  });

  it('begins each token with another initialization vector, the same text or not', () => {
    const vectors = Array.from({ length: 2000 }, () =>
      Buffer.from(seal(fresh, 'a value', { now }), 'base64url').toString('hex', 9, 25),
    );
    expect(new Set(vectors).size).toBe(vectors.length);
  });

  it('gives back any bytes, and never the same token twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const token = seal(fresh, bytes, { now });
        expect(open([fresh], token, times)).toEqual(Buffer.from(bytes));
        expect(seal(fresh, bytes, { now })).not.toBe(token);
      }),
    );
  });

  it('ST-01 refuses a token with any bit flipped, and opens the untouched one', () => {
    const token = seal(fresh, 'a value', { now });
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open([fresh], padded(flipped), times), `bit ${bit}`).toBeUndefined();
    }
    expect(open([fresh], token, times)?.toString()).toBe('a value');
  });

  it('ST-01 refuses whatever is cut off, added or no token at all', () => {
    const token = seal(fresh, 'a value', { now });
    for (let length = 0; length < token.length; length += 1) {
      expect(open([fresh], token.slice(0, length), times), `${length} characters`).toBeUndefined();
    }
    for (const text of ['null', '{}', `${token}AAAA`, token + token]) {
      expect(open([fresh], text, times)).toBeUndefined();
    }
  });

  it('ST-05 refuses every spelling of a genuine token but the canonical one', () => {
    const token = seal(fresh, 'a value', { now });
    const bare = token.replace(/=+$/, '');
    expect(bare).not.toBe(token);
    const spellings = [
      bare,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token.slice(0, 9)}\n${token.slice(9)}`,
      `${token}!`,
    ];
    const standard = Buffer.from(token, 'base64url').toString('base64');
    for (const spelling of [...spellings, ...(standard === token ? [] : [standard]), looseEnd(bare)]) {
      expect(open([fresh], spelling, times), JSON.stringify(spelling)).toBeUndefined();
    }
    expect(open([fresh], token, times)?.toString()).toBe('a value');
  });

  it('ST-04 refuses a token older than its ttl or from more than 60 s ahead, to the second', () => {
    const token = seal(fresh, 'a value', { now });
    const opens = (at: number, ttl: number) => open([fresh], token, { now: at, ttl }) !== undefined;
    expect(opens(now + 60, 60)).toBe(true);
    expect(opens(now + 61, 60)).toBe(false);
    expect(opens(now + 1, 0)).toBe(false);
    expect(opens(now - 60, 60)).toBe(true);
    expect(opens(now - 61, 60)).toBe(false);
    expect(opens(now + 10 ** 9, Infinity)).toBe(true);
    expect(opens(now - 61, Infinity)).toBe(false);
    expect(opens(now, Number.NaN)).toBe(false);
    expect(opens(Number.NaN, Infinity)).toBe(false);
  });

  it('opens with whichever of several keys sealed, and with no other', () => {
    const token = seal(key, 'a value', { now });
    expect(open([fresh, key], token, times)?.toString()).toBe('a value');
    expect(open([fresh], token, times)).toBeUndefined();
    expect(open([], token, times)).toBeUndefined();
  });
});

describe('readFernetKey', () => {
  it('ST-06 reads 32 bytes in canonical base64url and nothing else', () => {
    const text = generateFernetKey();
    expect(readFernetKey(text)).toBeDefined();
    const others = ['', 'changeme', text.slice(0, -1), `${text}=`, ` ${text}`, Buffer.alloc(16, 7).toString('base64')];
    for (const other of [...others, Buffer.alloc(33, 7).toString('base64'), Buffer.alloc(32, 255).toString('base64')]) {
      expect(readFernetKey(other)).toBeUndefined();
    }
  });
});

/** A token made from one-time parts of Node alone: version, time, initialization vector, ciphertext, HMAC. */
function byTheBook(keyText: string, plaintext: string | Uint8Array, at: number, iv: Buffer): string {
  const bytes = Buffer.from(keyText, 'base64url');
  const cipher = createCipheriv('aes-128-cbc', bytes.subarray(16), iv);
  const head = Buffer.alloc(9, 0x80);
  head.writeBigUInt64BE(BigInt(at), 1);
  const body = Buffer.concat([head, iv, cipher.update(plaintext), cipher.final()]);
  return padded(Buffer.concat([body, createHmac('sha256', bytes.subarray(0, 16)).update(body).digest()]));
}

const padded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/** The same bytes with another last character: base64 leaves bits of it unused where padding follows. */
function looseEnd(bare: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(bare.slice(-1));
  const padding = '='.repeat((4 - (bare.length % 4)) % 4);
  return bare.slice(0, -1) + alphabet.charAt(last + 1) + padding;
}
