import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aesCbc } from '../../src/core/aes-cbc.ts';

const bytes = randomBytes(16);
const cbc = aesCbc(createSecretKey(bytes));

describe('AES-CBC on one cipher', () => {
  it('makes what a cipher of its own opens, and opens what one made, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (texts) => {
        for (const [text, encrypted] of texts.map((each) => [each, cbc.encrypt(each)] as const)) {
          const decipher = createDecipheriv('aes-128-cbc', bytes, encrypted.subarray(0, 16));
          const decrypted = Buffer.concat([decipher.update(encrypted.subarray(16)), decipher.final()]);
          expect(decrypted).toEqual(Buffer.from(text));
          const iv = randomBytes(16);
          const cipher = createCipheriv('aes-128-cbc', bytes, iv);
          expect(cbc.decrypt(Buffer.concat([iv, cipher.update(text), cipher.final()]))).toEqual(Buffer.from(text));
        }
      }),
    );
  });

  it('refuses what is not whole blocks or ends in no padding, and opens the next all the same', () => {
    const iv = randomBytes(16);
    const ending = (...end: readonly number[]) => {
      const cipher = createCipheriv('aes-128-cbc', bytes, iv).setAutoPadding(false);
      return Buffer.concat([
        iv,
        cipher.update(Buffer.from([...Array(16 - end.length).fill(7), ...end])),
        cipher.final(),
      ]);
    };
    const refused = [
      Buffer.alloc(0),
      iv,
      ending(0),
      ending(17),
      ending(1, 2),
      ending(3, 2, 3),
      ending(1).subarray(0, -1),
    ];
    for (const ciphertext of refused) {
      expect(cbc.decrypt(ciphertext)).toBeUndefined();
      expect(cbc.decrypt(ending(2, 2))).toEqual(Buffer.alloc(14, 7));
    }
  });
});
