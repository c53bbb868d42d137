import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

const BLOCK = 16;

/** AES-128-CBC with PKCS #7 padding (RFC 5652 §6.3) under one key. The initialization vector stands before the ciphertext. */
export interface AesCbc {
  encrypt(plaintext: string | Uint8Array): Buffer;
  /** Undefined where it is not whole blocks, or ends in no padding. Only what is known to be genuine may be decrypted. */
  decrypt(ciphertext: Buffer): Buffer | undefined;
}

/**
 * CBC mixes a block with the one before it and with nothing else, so one cipher serves all messages, which spares making one
 * for each: a random block goes ahead, and what it encrypts to, which nobody can foresee, is the initialization vector.
 */
export function aesCbc(key: KeyObject): AesCbc {
  const zero = Buffer.alloc(BLOCK);
  const cipher = createCipheriv('aes-128-cbc', key, zero).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-cbc', key, zero).setAutoPadding(false);
  return {
    encrypt(plaintext) {
      const length = typeof plaintext === 'string' ? Buffer.byteLength(plaintext) : plaintext.length;
      const padding = BLOCK - (length % BLOCK);
      const blocks = Buffer.allocUnsafe(BLOCK + length + padding);
      blocks.set(randomBlock());
      if (typeof plaintext === 'string') blocks.write(plaintext, BLOCK);
      else blocks.set(plaintext, BLOCK);
      blocks.fill(padding, BLOCK + length);
      const encrypted = cipher.update(blocks);
      // The memory is of a pool that others are given pieces of.
      blocks.fill(0);
      return encrypted;
    },
    decrypt(ciphertext) {
      if (ciphertext.length < 2 * BLOCK || ciphertext.length % BLOCK !== 0) return undefined;
      const blocks = decipher.update(ciphertext).subarray(BLOCK);
      const padding = blocks.at(-1) ?? 0;
      const isPadded = padding >= 1 && padding <= BLOCK && blocks.subarray(-padding).every((byte) => byte === padding);
      return isPadded ? blocks.subarray(0, -padding) : undefined;
    },
  };
}

let drawn: Buffer = Buffer.alloc(0);

/** Random bytes that nobody else gets, drawn for many messages at a time. */
function randomBlock(): Buffer {
  if (drawn.length < BLOCK) drawn = randomBytes(256 * BLOCK);
  const block = drawn.subarray(0, BLOCK);
  drawn = drawn.subarray(BLOCK);
  return block;
}
