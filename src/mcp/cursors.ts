import { createHmac } from 'node:crypto';
import { equalSecrets } from '../core/secrets.ts';

/** Where a page ended: how many entries came before, and whether an entry is the last of them. */
export interface Place {
  readonly at: number;
  isLast(entry: string): boolean;
}

/** The cursors of lists: clients cannot read or alter them, and each is good for one list of one mount, on every node. */
export interface Cursors {
  /** For a page that ended with `last`, the entry number `at` of a list. */
  write(list: string, at: number, last: string): string;
  /** Undefined for what none of our keys has written for this list. */
  read(list: string, cursor: string): Place | undefined;
}

const CURSOR = /^(\d{1,9})\.([\w-]{22})\.([\w-]{43})$/;

/** Cursors are written with the first key and read with each (HMAC-SHA-256). Throws TypeError for no key. */
export function createCursors(keys: readonly Uint8Array[]): Cursors {
  const own = keys.map((key) => createHmac('sha256', key).update('list cursor').digest());
  const [first] = own;
  if (first === undefined) throw new TypeError('Cursors need a key.');
  const macOf = (key: Uint8Array, ...parts: readonly unknown[]): string =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
  const nameOf = (key: Uint8Array, entry: string): string => macOf(key, 'entry', entry).slice(0, 22);
  return {
    write(list, at, last) {
      const name = nameOf(first, last);
      return `${at}.${name}.${macOf(first, 'place', list, at, name)}`;
    },
    read(list, cursor) {
      const [, digits, name = '', mac = ''] = CURSOR.exec(cursor) ?? [];
      const at = Number(digits);
      const key = own.find((each) => equalSecrets(macOf(each, 'place', list, at, name), mac));
      if (digits !== String(at) || key === undefined) return undefined;
      return { at, isLast: (entry) => nameOf(key, entry) === name };
    },
  };
}
