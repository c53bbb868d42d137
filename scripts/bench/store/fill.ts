import { systemClock } from '../../../src/core/clock.ts';
import type { KeyRing } from '../../../src/store/key-ring.ts';
import type { StoredEntry } from '../../../src/store/maintenance.ts';
import { sealRecord, storedName } from '../../../src/store/sealed-record.ts';
import { bulkWriter } from './bulk-write.ts';
import { type ClearRecord, copier, type Part, type SignInRecords } from './sign-in-records.ts';

/** How many clients and as many people, and how many sign-ins with a refresh token, spread evenly over them. */
export interface Size {
  readonly clients: number;
  readonly grants: number;
}

/** What a store is filled from. */
export interface FillParts {
  readonly signIn: SignInRecords;
  readonly ring: KeyRing;
  /** The published URL of the host that is going to serve it. */
  readonly base: string;
}

/** Seconds that everything lives: nothing ends while it is measured. */
export const LIFE = 30 * 86_400;
const BATCH = 2000;

/** Puts copies of a real sign-in into the store at `url`, sealed as the host would. */
export async function fill(url: string, { clients, grants }: Size, { signIn, ring, base }: FillParts): Promise<void> {
  const copy = copier(signIn);
  const writer = await bulkWriter(url, LIFE);
  let batch: StoredEntry[] = [];
  const flush = async () => {
    await writer.write(batch);
    batch = [];
  };
  const add = async (part: Part, place: { readonly client: number; readonly grant: number }) => {
    for (const record of copy(part, { base, ...place })) batch.push(sealed(ring, record));
    if (batch.length >= BATCH) await flush();
  };
  for (let client = 0; client < clients; client++) {
    await add('client', { client, grant: 0 });
    await add('account', { client, grant: 0 });
  }
  for (let grant = 0; grant < grants; grant++) await add('grant', { client: grant % clients, grant });
  await flush();
  await writer.close();
}

/** A record as a sealed store keeps it. */
export const sealed = (ring: KeyRing, { name, value }: ClearRecord): StoredEntry => ({
  name: storedName(name),
  value: sealRecord(ring, name, value, LIFE, systemClock()),
});
