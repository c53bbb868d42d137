import { cookieKeyId } from '../authorization/cookie-keys.ts';
import { signingKeyManagement } from '../authorization/rotate-signing-keys.ts';
import type { KeyUse, TimedKey } from '../authorization/signing-key-times.ts';
import { systemClock } from '../core/clock.ts';
import type { KeyRing } from '../store/key-ring.ts';
import { isMaintainable } from '../store/maintenance.ts';
import { sealedBy } from '../store/reseal.ts';
import type { Store } from '../store/store.ts';
import { cookieKeysHere } from './cookie-keys.ts';
import { withVault } from './open.ts';
import { overlapOf } from './signing-keys.ts';

/** `keys list`: public ids only. */
export async function listKeys(): Promise<void> {
  await withVault(async ({ store, backend, ring, config }) => {
    for (const line of await sealingLines(backend, ring)) console.log(line);
    const keys = await signingKeyManagement({ store, clock: systemClock }).list(overlapOf(config));
    for (const timed of keys) console.log(keyLine('signing', timed.key.jwk.kid, timed));
    const { list, overlap } = cookieKeysHere(store, config);
    for (const timed of await list(overlap)) console.log(keyLine('cookies', cookieKeyId(timed.key), timed));
  });
}

async function sealingLines(backend: Store, ring: KeyRing): Promise<readonly string[]> {
  const counts = isMaintainable(backend) ? await sealedBy(backend, ring) : undefined;
  const ids = [...new Set([...ring.ids, ...(counts?.keys() ?? [])])];
  return ids.map((id) => {
    const use = id === ring.sealingId ? 'seals' : ring.ids.includes(id) ? 'opens' : 'is not among the keys here';
    const records = counts === undefined ? 'records not known' : `${counts.get(id) ?? 0} records`;
    return `sealing\t${id}\t${use}\t${records}`;
  });
}

type Times = Omit<TimedKey<unknown>, 'key'>;

const USES: Readonly<Record<KeyUse, (key: Times) => string>> = {
  next: ({ from }) => `published, signs from ${timeOf(from)}`,
  signs: ({ until }) => (until === undefined ? 'signs' : `signs, published until ${timeOf(until)}`),
  verifies: ({ until }) => `verifies until ${timeOf(until)}`,
  over: () => 'is over',
};

const keyLine = (kind: string, id: string, times: Times): string => `${kind}\t${id}\t${USES[times.use](times)}`;

const timeOf = (seconds: number | undefined): string =>
  seconds === undefined ? '' : new Date(seconds * 1000).toISOString().replace('.000', '');
