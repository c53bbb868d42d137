import { createHash } from 'node:crypto';
import { wellFormed } from '../well-formed.ts';

/** What an index entry can hold with room to spare. */
const LONGEST = 1024;
/** A byte that UTF-8 never has: the hash of one name is not the text of another. */
const HASHED = Buffer.of(0xff);

/** How a name stands in the table: as its bytes (`text` knows no NUL), a long one as its hash and the name beside it. */
export interface RecordKey {
  readonly key: Buffer;
  /** The name, where the key does not tell it. */
  readonly long: Buffer | null;
}

/** The key of a name. Throws TypeError for a name with a lone surrogate. */
export function keyOf(name: string): RecordKey {
  wellFormed(name);
  const bytes = Buffer.from(name);
  if (bytes.length <= LONGEST) return { key: bytes, long: null };
  return { key: Buffer.concat([HASHED, createHash('sha256').update(bytes).digest()]), long: bytes };
}

/** The text of a column of bytes. */
export const textOf = (column: unknown): string => (column as Buffer).toString('utf8');
