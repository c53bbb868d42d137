import { hkdfSync } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { type FernetKey, open, readFernetKey, seal, sealingTime } from '../core/fernet.ts';
import { fingerprint } from '../core/secrets.ts';

/** Ids of keys that anybody can look up: the one of the published Fernet vectors. */
const PUBLISHED_KEY_IDS: readonly string[] = ['2IostTth'];
const REMEDY = 'make one with `gatehouse keys new`';
/** A key id and the start of a Fernet token: its version and a time of this age. */
const SEALED = /^[A-Za-z0-9_-]{8}\.gAAAAA/;

/** What became of a sealed text: its plaintext, or that another ring sealed it, or that it is not genuine. */
export type Opened =
  | { readonly state: 'opened'; readonly plaintext: string }
  | { readonly state: 'unknown_key'; readonly keyId: string }
  | { readonly state: 'refused' };

/** What sealing anew came to. `current`: the first key has sealed it already; the rest as for opening. */
export type Resealed =
  | { readonly state: 'resealed'; readonly sealed: string }
  | { readonly state: 'current' }
  | Exclude<Opened, { readonly state: 'opened' }>;

/** Sealing keys that never leave it: the first one seals, all open. `now` in whole seconds since 1970. */
export interface KeyRing {
  /** Public ids of the keys, in order: hashes that tell nothing of a key. */
  readonly ids: readonly string[];
  /** Id of the first key. */
  readonly sealingId: string;
  /** `<key id>.<Fernet token>`. */
  seal(plaintext: string, now: number): string;
  open(sealed: string, now: number): Opened;
  /** The same plaintext under the first key. Keeps the time of the first sealing, so that no clock comes into it. */
  reseal(sealed: string): Resealed;
  /**
   * 32 bytes for another use than records, made from the key of that id (HKDF-SHA-256, RFC 5869): they tell nothing of the
   * key, nor of the bytes for another purpose. Undefined for a key that is not in the ring.
   */
  derive(purpose: string, keyId: string): Buffer | undefined;
}

/**
 * A ring of Fernet keys (base64url of 32 bytes each). Throws one ConfigError naming GATEHOUSE_KEYS with every fault, and
 * without a key: none given, malformed, guessable, published, given twice.
 */
export function keyRing(keys: readonly string[]): KeyRing {
  const ring = new Map<string, FernetKey>();
  const faults: string[] = [];
  for (const [index, text] of keys.entries()) {
    const id = fingerprint(text);
    const key = readFernetKey(text) ?? 'is not the base64url text of 32 bytes';
    const fault = typeof key === 'string' ? key : weakness(text, id, ring);
    if (typeof key !== 'string') ring.set(id, key);
    if (fault !== undefined) faults.push(`GATEHOUSE_KEYS: key ${index + 1} ${fault}; ${REMEDY}`);
  }
  const [first] = ring;
  if (keys.length === 0) faults.push(`GATEHOUSE_KEYS must hold at least one key; ${REMEDY}`);
  if (first === undefined || faults.length > 0) throw new ConfigError(faults);
  const [sealingId, sealingKey] = first;
  return {
    ids: [...ring.keys()],
    sealingId,
    seal: (plaintext, now) => `${sealingId}.${seal(sealingKey, plaintext, { now })}`,
    open: (sealed, now) => openWith(ring, sealed, now),
    reseal(sealed) {
      if (keyIdOf(sealed) === sealingId) return { state: 'current' };
      // At the end of time nothing is from the future.
      const opened = openWith(ring, sealed, Infinity);
      if (opened.state !== 'opened') return opened;
      const now = sealingTime(sealed.slice(9));
      return { state: 'resealed', sealed: `${sealingId}.${seal(sealingKey, opened.plaintext, { now })}` };
    },
    derive: (purpose, keyId) => deriveFrom(ring.get(keyId), purpose),
  };
}

function deriveFrom(key: FernetKey | undefined, purpose: string): Buffer | undefined {
  if (key === undefined) return undefined;
  const material = Buffer.concat([key.signing.export(), key.encryption.export()]);
  return Buffer.from(hkdfSync('sha256', material, '', `gatehouse ${purpose}`, 32));
}

function weakness(text: string, id: string, earlier: ReadonlyMap<string, FernetKey>): string | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.every((byte) => byte === bytes[0])) return 'can be guessed: all its bytes are the same';
  if (PUBLISHED_KEY_IDS.includes(id)) return 'is a published example';
  return earlier.has(id) ? 'is given twice' : undefined;
}

/** The id of the key that a sealed text says it is sealed with. Undefined for what is no sealed text. */
export const keyIdOf = (sealed: string): string | undefined => (SEALED.test(sealed) ? sealed.slice(0, 8) : undefined);

function openWith(ring: ReadonlyMap<string, FernetKey>, sealed: string, now: number): Opened {
  const keyId = keyIdOf(sealed);
  if (keyId === undefined) return { state: 'refused' };
  const token = sealed.slice(9);
  // The age of a record is judged by the expiry inside it, not by when it was sealed.
  const limits = { now, ttl: Infinity };
  const key = ring.get(keyId);
  if (key !== undefined) {
    const plaintext = open([key], token, limits);
    return plaintext === undefined ? { state: 'refused' } : { state: 'opened', plaintext: plaintext.toString('utf8') };
  }
  // Signed by a key of ours under another id: the id was altered, no key is missing.
  const altered = open([...ring.values()], token, limits) !== undefined;
  return altered ? { state: 'refused' } : { state: 'unknown_key', keyId };
}
