import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Bytes of UTF-8 that a password may have. */
export const PASSWORD_BYTES = { min: 8, max: 1024 } as const;

/** About 80 ms and 32 MiB on one core of 2026. Raising them leaves older hashes valid: each carries its own. */
const COST = { ln: 15, r: 8, p: 1 } as const;
const HASH_BYTES = 32;
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([\w+/]{22,86})\$([\w+/]{43})$/;

type Cost = { readonly ln: number; readonly r: number; readonly p: number };

/** What every password goes through exactly once before it is hashed or compared: NFKC (NIST SP 800-63B §5.1.1.2). */
export const normalizePassword = (text: string): string => text.normalize('NFKC');

/** Why no account can have this password, decided before any costly work; undefined when one could. */
export function passwordFault(text: string): 'too_short' | 'too_long' | 'not_text' | undefined {
  if (text.length > PASSWORD_BYTES.max) return 'too_long';
  if (text.includes('\0') || !text.isWellFormed()) return 'not_text';
  const bytes = Buffer.byteLength(normalizePassword(text));
  if (bytes > PASSWORD_BYTES.max) return 'too_long';
  return bytes < PASSWORD_BYTES.min ? 'too_short' : undefined;
}

/** Hashes a password with a fresh salt into `$scrypt$ln=…,r=…,p=…$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(hash)}`;
}

/** Whether the password is the one that was hashed. Throws when `stored` is not a hash of ours. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt, hash] = PHC.exec(stored) ?? [];
  if (salt === undefined || hash === undefined) throw new Error('A stored password hash cannot be read.');
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost), Buffer.from(hash, 'base64'));
}

/** Costs as much to compare with as a real hash does, and matches nothing: its salt and hash are unrelated. */
export const decoyHash = (): string =>
  `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(randomBytes(16))}$${base64(randomBytes(HASH_BYTES))}`;

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(normalizePassword(password), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
