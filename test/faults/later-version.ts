import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { openVault, type Vault } from '../../src/host/state.ts';
import { isMaintainable, type MaintainableStore, scanPages } from '../../src/store/maintenance.ts';
import { nameOf } from '../../src/store/sealed-record.ts';
import type { Deployment } from './deployment.ts';

/** A store of a deployment, past its lines, with what is beneath the seal. */
export interface OpenedStore extends Vault {
  readonly backend: MaintainableStore;
}

/** Opens it for an action, with other sealing keys than those of the deployment where some are given. */
export async function withVault<T>(
  { database, keys: ours }: Pick<Deployment, 'database' | 'keys'>,
  action: (vault: OpenedStore) => Promise<T>,
  keys: readonly string[] = ours,
): Promise<T> {
  const config = readConfig({ storeUrl: database.urlAt(database.port), keys: [...keys] }, {});
  const vault = await openVault(config, { clock: systemClock, log: silentLog });
  const { backend } = vault;
  if (!isMaintainable(backend)) throw new Error('This store cannot list its records.');
  return action({ ...vault, backend }).finally(() => vault.store.close());
}

/** What a later version might have added to a record. */
export const ADDED = { from_a_later_version: { kept: true } };

/**
 * Writes ADDED into every record that is a JSON object, as a later version would that knows more of each. Nothing that is
 * written meanwhile is lost. Resolves with how many were changed.
 */
export async function addToRecords({ backend, ring }: OpenedStore): Promise<number> {
  let changed = 0;
  for await (const page of scanPages(backend, 200)) {
    for (const { name, value } of page) {
      const now = systemClock();
      const opened = ring.open(value, now);
      if (opened.state !== 'opened' || nameOf(ring, value, now) === undefined) continue;
      const [heading, text] = partsOf(opened.plaintext);
      const more = withAdded(text);
      if (more === undefined) continue;
      const sealed = ring.seal(`${heading}\n${more}`, now);
      if (await backend.replace(name, value, sealed)) changed += 1;
    }
  }
  return changed;
}

/** How many records of a kind have what was added, and how many have not. */
export async function addedIn(
  { backend, ring }: OpenedStore,
  kind: string,
): Promise<{ readonly with: number; readonly without: number }> {
  const count = { with: 0, without: 0 };
  for await (const page of scanPages(backend, 200)) {
    for (const { name, value } of page) {
      const opened = ring.open(value, systemClock());
      if (opened.state !== 'opened' || !name.startsWith(kind)) continue;
      const [, text] = partsOf(opened.plaintext);
      if (!text.startsWith('{')) continue;
      count[text.includes('from_a_later_version') ? 'with' : 'without'] += 1;
    }
  }
  return count;
}

/** The line with name and expiry, and the value behind it. */
function partsOf(plaintext: string): readonly [heading: string, text: string] {
  const end = plaintext.indexOf('\n');
  return [plaintext.slice(0, end), plaintext.slice(end + 1)];
}

function withAdded(text: string): string | undefined {
  if (!text.startsWith('{') || text.includes('from_a_later_version')) return undefined;
  return JSON.stringify({ ...(JSON.parse(text) as object), ...ADDED });
}
