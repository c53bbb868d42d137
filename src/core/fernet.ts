import { createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AesCbc, aesCbc } from './aes-cbc.ts';

const VERSION = 0x80;
/** The version and the time. */
const HEADER = 9;
const SHORTEST = HEADER + 32;
const MAC = 32;
/** Free bytes before a token, where the key is put to be hashed with it: a block of SHA-256. */
const ROOM = 64;
/** How far the clock of the machine that sealed may run ahead of ours, in seconds. */
const SKEW = 60;

/** The two halves of a Fernet key. Key objects, so that neither prints, and what each is for. */
export interface FernetKey {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
  readonly cbc: AesCbc;
  /** HMAC of what comes after the first `ROOM` bytes, which it uses for itself. */
  readonly sign: (roomAndBody: Buffer) => Buffer;
}

/** A fresh Fernet key: base64url of 32 random bytes, with its `=`. */
export const generateFernetKey = (): string => encode(randomBytes(32));

/** Reads a Fernet key. Undefined unless it is the canonical base64url of exactly 32 bytes. */
export function readFernetKey(text: string): FernetKey | undefined {
  const bytes = decode(text);
  if (bytes?.length !== 32) return undefined;
  const [signing, encryption] = [bytes.subarray(0, 16), createSecretKey(bytes.subarray(16))];
  return { signing: createSecretKey(signing), encryption, cbc: aesCbc(encryption), sign: hmacSha256(signing) };
}

/** Seals into a Fernet token. `now` in whole seconds since 1970. */
export function seal(key: FernetKey, plaintext: string | Uint8Array, { now }: { readonly now: number }): string {
  const encrypted = key.cbc.encrypt(plaintext);
  const end = ROOM + HEADER + encrypted.length;
  const bytes = Buffer.allocUnsafe(end + MAC);
  bytes[ROOM] = VERSION;
  bytes.writeBigUInt64BE(BigInt(now), ROOM + 1);
  bytes.set(encrypted, ROOM + HEADER);
  bytes.set(key.sign(bytes.subarray(0, end)), end);
  return encode(bytes.subarray(ROOM));
}

/**
 * Opens a Fernet token with the first key that signed it. Undefined when it is not the canonical text of a token, none of
 * the keys signed it, it is older than `ttl` seconds (Infinity: any age) or from more than 60 s ahead of `now`.
 */
export function open(
  keys: readonly FernetKey[],
  token: string,
  { now, ttl }: { readonly now: number; readonly ttl: number },
): Buffer | undefined {
  const bytes = decode(token, ROOM);
  if (bytes === undefined || bytes.length < ROOM + SHORTEST + MAC || bytes[ROOM] !== VERSION) return undefined;
  const signed = bytes.subarray(0, -MAC);
  const key = keys.find((candidate) => timingSafeEqual(candidate.sign(signed), bytes.subarray(-MAC)));
  const body = signed.subarray(ROOM);
  const sealedAt = Number(body.readBigUInt64BE(1));
  // Written so that a `now` or `ttl` that is not a number refuses.
  const timely = sealedAt + ttl >= now && sealedAt <= now + SKEW;
  return timely ? key?.cbc.decrypt(body.subarray(HEADER)) : undefined;
}

/** The time that stands in a Fernet token, in seconds since 1970. Only of a token that opened is it true. */
export const sealingTime = (token: string): number => Number(Buffer.from(token, 'base64url').readBigUInt64BE(1));

/**
 * HMAC-SHA-256 (RFC 2104 §2) of two plain hashes: an object of its own for each record is what costs most of it. So would a
 * buffer for each hash; as Latin-1, the text of a hash has a character for each byte.
 */
function hmacSha256(key: Uint8Array): FernetKey['sign'] {
  const pad = (byte: number) => Buffer.alloc(ROOM, byte).map((each, index) => each ^ (key[index] ?? 0));
  const inner = pad(0x36);
  const outer = Buffer.concat([pad(0x5c), Buffer.alloc(MAC)]);
  return (roomAndBody) => {
    roomAndBody.set(inner);
    outer.write(hash('sha256', roomAndBody, 'binary'), ROOM, 'binary');
    // What was signed may be read by others; the key may not stay before it.
    roomAndBody.fill(0, 0, ROOM);
    return Buffer.from(hash('sha256', outer, 'binary'), 'binary');
  };
}

/** RFC 4648 §5 with padding, which `base64url` of Node leaves out. */
function encode(bytes: Buffer): string {
  const text = bytes.toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Only the one spelling that `encode` gives is read: a second spelling of a token could dodge a list of tokens. */
function decode(text: string, room = 0): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(room + Math.ceil((text.length * 3) / 4));
  const read = bytes.subarray(0, room + bytes.write(text, room, 'base64url'));
  return encode(read.subarray(room)) === text ? read : undefined;
}
