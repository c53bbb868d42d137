import type { KeyRing } from './key-ring.ts';
import { isMaintainable, scanPages } from './maintenance.ts';
import { nameOf, openRecord, storedName } from './sealed-record.ts';
import type { Store } from './store.ts';

const PAGE = 500;

/**
 * The values of every live record of a kind, in no order. Looks through the whole store beneath the seal, page by page:
 * for commands, not for requests. What does not open, or stands under another name than its own, is left out.
 * Throws TypeError for a store that cannot be looked through.
 */
export async function* readKind(
  { backend, ring }: { readonly backend: Store; readonly ring: KeyRing },
  kind: string,
  now: number,
): AsyncGenerator<string> {
  if (!isMaintainable(backend)) throw new TypeError('This store cannot list its records: it has no scan.');
  for await (const page of scanPages(backend, PAGE)) {
    for (const { name, value } of page) {
      const own = name.startsWith(`${kind}:`) ? nameOf(ring, value, now) : undefined;
      if (own === undefined || storedName(own) !== name) continue;
      const record = openRecord(ring, own, value, now);
      if (record.state === 'live') yield record.value;
    }
  }
}
