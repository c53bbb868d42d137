import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const VERSION = 0x80;
const HEADER = 25;
const MAC = 32;
const BLOCK = 16;
/** Free bytes before a token, where the key is put to be hashed with it: a block of SHA-256. */
const ROOM = 64;
/** How far the clock of the machine that sealed may run ahead of ours, in seconds. */
const SKEW = 60;

/** The two halves of a Fernet key. Key objects, so that neither prints, and what signs with the first. */
export interface FernetKey {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
  /** HMAC of what comes after the first `ROOM` bytes, which it uses for itself. */
  readonly sign: (roomAndBody: Buffer) => Buffer;
}

/** A fresh Fernet key: base64url of 32 random bytes, with its `=`. */
export const generateFernetKey = (): string => encode(randomBytes(32));

/** Reads a Fernet key. Undefined unless it is the canonical base64url of exactly 32 bytes. */
export function readFernetKey(text: string): FernetKey | undefined {
  const bytes = decode(text);
  if (bytes?.length !== 32) return undefined;
  const [signing, encryption] = [bytes.subarray(0, 16), bytes.subarray(16)];
  return { signing: createSecretKey(signing), encryption: createSecretKey(encryption), sign: hmacSha256(signing) };
}

/** Seals into a Fernet token. `now` in whole seconds since 1970; `iv` is random but for published vectors. */
export function seal(
  key: FernetKey,
  plaintext: string | Uint8Array,
  { now, iv = freshIv() }: { readonly now: number; readonly iv?: Uint8Array },
): string {
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const [first, last] = [cipher.update(plaintext), cipher.final()];
  const end = ROOM + HEADER + first.length + last.length;
  const bytes = Buffer.allocUnsafe(end + MAC);
  bytes[ROOM] = VERSION;
  bytes.writeBigUInt64BE(BigInt(now), ROOM + 1);
  bytes.set(iv, ROOM + 9);
  bytes.set(first, ROOM + HEADER);
  bytes.set(last, ROOM + HEADER + first.length);
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
  if (bytes === undefined || bytes.length < ROOM + HEADER + BLOCK + MAC || bytes[ROOM] !== VERSION) return undefined;
  const signed = bytes.subarray(0, -MAC);
  const key = keys.find((candidate) => timingSafeEqual(candidate.sign(signed), bytes.subarray(-MAC)));
  const body = signed.subarray(ROOM);
  const sealedAt = Number(body.readBigUInt64BE(1));
  // Written so that a `now` or `ttl` that is not a number refuses.
  const timely = sealedAt + ttl >= now && sealedAt <= now + SKEW;
  return key !== undefined && timely ? decrypt(key, body) : undefined;
}

/** The time that stands in a Fernet token, in seconds since 1970. Only of a token that opened is it true. */
export const sealingTime = (token: string): number => Number(Buffer.from(token, 'base64url').readBigUInt64BE(1));

function decrypt(key: FernetKey, body: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-128-cbc', key.encryption, body.subarray(9, HEADER));
    return Buffer.concat([decipher.update(body.subarray(HEADER)), decipher.final()]);
  } catch {
    // Wrong length or padding: the token is refused like any other that is not ours.
    return undefined;
  }
}

/** HMAC-SHA-256 (RFC 2104 §2) of two plain hashes: an object of its own for each record is what costs most of it. */
function hmacSha256(key: Uint8Array): FernetKey['sign'] {
  const pad = (byte: number) => Buffer.alloc(ROOM, byte).map((each, index) => each ^ (key[index] ?? 0));
  const inner = pad(0x36);
  const outer = Buffer.concat([pad(0x5c), Buffer.alloc(MAC)]);
  return (roomAndBody) => {
    roomAndBody.set(inner);
    outer.set(hash('sha256', roomAndBody, 'buffer'), ROOM);
    // What was signed may be read by others; the key may not stay before it.
    roomAndBody.fill(0, 0, ROOM);
    return hash('sha256', outer, 'buffer');
  };
}

let drawn: Buffer = Buffer.alloc(0);

/** Random bytes that nobody else gets, drawn for many records at a time. */
function freshIv(): Buffer {
  if (drawn.length < BLOCK) drawn = randomBytes(256 * BLOCK);
  const iv = drawn.subarray(0, BLOCK);
  drawn = drawn.subarray(BLOCK);
  return iv;
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
