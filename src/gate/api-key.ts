import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256 } from '../core/secrets.ts';

/** How every key begins: what scanners of source and logs look for, and what tells a key from other tokens. */
export const API_KEY_PREFIX = 'gatehouse_';

/** Prefix, id (64 bits), secret (256 bits) and checksum, in lower-case hex, so that a double click takes the whole. */
const FORM = new RegExp(`^(${API_KEY_PREFIX}([0-9a-f]{16})_([0-9a-f]{64}))([0-9a-f]{8})$`);

/** A key taken apart. Only the hash of the secret is kept anywhere. */
export interface ApiKeyParts {
  readonly id: string;
  readonly secretHash: string;
}

/** Makes a key. The text is shown to its owner once. */
export function newApiKey(): ApiKeyParts & { readonly key: string } {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('hex');
  const text = `${API_KEY_PREFIX}${id}_${secret}`;
  return { id, secretHash: sha256(secret), key: text + checksum(text) };
}

/** Takes a key apart; undefined for any text that is none, told by its checksum without asking anybody. */
export function readApiKey(text: string): ApiKeyParts | undefined {
  const [, body = '', id = '', secret = '', check] = FORM.exec(text) ?? [];
  return check !== undefined && check === checksum(body) ? { id, secretHash: sha256(secret) } : undefined;
}

/** CRC-32: against typing mistakes and for scanners. It protects nothing. */
const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');
