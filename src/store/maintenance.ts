import type { Store } from './store.ts';

/** A record as it is kept: in a sealed store the hashed name and the sealed value. */
export interface StoredEntry {
  readonly name: string;
  readonly value: string;
}

/** One step of a scan. Without a `cursor` it was the last. */
export interface ScanPage {
  readonly entries: readonly StoredEntry[];
  readonly cursor?: string;
}

/** What upkeep needs beyond `Store`. A store may do without: then its records cannot be sealed anew, nor counted. */
export interface StoreMaintenance {
  /**
   * A page of about `limit` records, from the start without a `cursor`. A record that is there from the first page to
   * the last is in one of them at least; one that comes or goes meanwhile may be missing, and one may come twice.
   */
  scan(cursor: string | undefined, limit: number): Promise<ScanPage>;
  /**
   * Writes `value` where `expected` is what is kept under `name`, in one step; its lifetime stays. False, and nothing is
   * written, where anything else is there or nothing.
   */
  replace(name: string, expected: string, value: string): Promise<boolean>;
}

/** A store that can be kept up. */
export type MaintainableStore = Store & StoreMaintenance;

/** Whether a store can be kept up. */
export const isMaintainable = (store: Store): store is MaintainableStore => 'scan' in store && 'replace' in store;

/** Every record, page by page. */
export async function* scanPages(store: StoreMaintenance, limit: number): AsyncGenerator<readonly StoredEntry[]> {
  let cursor: string | undefined;
  do {
    const page = await store.scan(cursor, limit);
    yield page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
