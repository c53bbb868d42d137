import { ConfigError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** A text in a store, and how many times it was changed. */
export interface Version {
  readonly number: number;
  readonly text: string;
}

/**
 * One text that is changed rarely, by callers on any node at once, over a Store that has no compare-and-set. Each change
 * is a record of its own, numbered, and whoever makes it by `putIfAbsent` has won. What is behind it loses its text, for it
 * may hold keys, and stays as a mark on the way.
 */
export interface VersionedRecord {
  /**
   * The newest version from `known` on; without it from the first. Undefined where there is none; rejects with ConfigError
   * where it is lost. A store that has lost all of them gets `known` back.
   */
  latest(known?: Version): Promise<Version | undefined>;
  /** Puts `text` after `before`, or in the first place without it. False where somebody else was first: read again. */
  put(text: string, before: Version | undefined): Promise<boolean>;
}

/** What a version holds once there is a newer one. Nobody's text: those are JSON objects. */
const REPLACED = '';

/** The record of that name. Its first version has the bare name, the others add their number. */
export function versionedRecord(store: Store, name: string): VersionedRecord {
  const place = (number: number): string => (number === 0 ? name : `${name}:${number}`);
  /** Where nothing of it is left; from the newest down, so that whoever begins at the first finds them all. */
  const restore = async ({ number, text }: Version): Promise<void> => {
    for (let at = number; at >= 0; at -= 1)
      await store.putIfAbsent(place(at), at === number ? text : REPLACED, Infinity);
  };
  /** What stands in the place of `known`: it, or what was made there by somebody who found nothing. */
  const inPlaceOf = async (known: Version): Promise<Version> => {
    const text = await store.get(place(known.number));
    if (text === undefined) await restore(known);
    return text === undefined || text === REPLACED ? known : { ...known, text };
  };
  return {
    async latest(known) {
      let newest = known && (await inPlaceOf(known));
      for (let number = known === undefined ? 0 : known.number + 1; ; number += 1) {
        const text = await store.get(place(number));
        if (text === undefined) break;
        newest = { number, text };
      }
      if (newest?.text !== REPLACED) return newest;
      // Never made anew in silence: whoever lost the newest version has lost more than that.
      throw new ConfigError([
        `STORE_URL: the store has lost the newest version of ${name} (number ${newest.number + 1}); restore it from a backup`,
      ]);
    },
    async put(text, before) {
      const number = before === undefined ? 0 : before.number + 1;
      if (!(await store.putIfAbsent(place(number), text, Infinity))) return false;
      for (let behind = 0; behind < number; behind += 1) {
        if ((await store.get(place(behind))) !== REPLACED) await store.put(place(behind), REPLACED, Infinity);
      }
      return true;
    },
  };
}

/** Its newest version. Where there is none, the text that `make` makes, or that of another caller who was first. */
export async function firstVersion(record: VersionedRecord, make: () => Promise<string>): Promise<Version> {
  const known = await record.latest();
  if (known !== undefined) return known;
  const text = await make();
  if (await record.put(text, undefined)) return { number: 0, text };
  return (await record.latest()) ?? { number: 0, text };
}
