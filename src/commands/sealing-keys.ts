import { type Config, readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { generateFernetKey } from '../core/fernet.ts';
import { changeKeyFile } from '../core/key-file.ts';
import { fingerprint } from '../core/secrets.ts';
import { keyFileOf, nameKeyFile } from '../host/state.ts';
import { hasSealed, retireKey } from '../store/canary.ts';
import { type KeyRing, keyRing } from '../store/key-ring.ts';
import { isMaintainable, type MaintainableStore } from '../store/maintenance.ts';
import { reseal, sealedBy } from '../store/reseal.ts';
import type { Store } from '../store/store.ts';
import { withVault } from './open.ts';
import { UsageError } from './usage.ts';

const inEnvironment = (config: Config): boolean => config.keys.length > 0;

/** `keys rotate`: a new key before the others, in the file where that is where they are, else on standard output alone. */
export async function rotateSealingKey(): Promise<void> {
  const config = readConfig();
  const key = generateFernetKey();
  const id = fingerprint(key);
  if (!inEnvironment(config)) {
    const keys = await changeKeyFile(keyFileOf(config), (before) => [key, ...before]).catch(nameKeyFile(config));
    console.log(`${keyFileOf(config)} holds ${keys.map(fingerprint).join(', ')} now: ${id} seals, all open.`);
    console.log('Restart every program that uses this folder, then: gatehouse keys reseal');
    return;
  }
  const { ids } = keyRing(config.keys);
  console.error(`The new key is ${id}. It is shown this once, on the next line; keep it as you keep a password.`);
  console.log(key);
  console.error(stepsFor(ids, id));
}

const stepsFor = (ids: readonly string[], id: string): string => `
GATEHOUSE_KEYS names ${ids.join(', ')} now. Go on in this order, each step on every node before the next one:

1. Put the new key last, and restart node by node. With one node, begin at 2.
     GATEHOUSE_KEYS = ${[...ids, id].join(', ')}
2. Put the new key first, and restart node by node.
     GATEHOUSE_KEYS = ${[id, ...ids].join(', ')}
3. Once, with the keys of step 2:
     gatehouse keys reseal
${ids.map((old) => `     gatehouse keys retire ${old}`).join('\n')}
4. Leave the new key alone, and restart node by node.
     GATEHOUSE_KEYS = ${id}`;

/** `keys reseal`: progress on standard error; an interrupt ends it between two records. */
export async function resealRecords(): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  await withVault(async ({ backend, ring }) => {
    const count = await reseal(maintained(backend), ring, {
      batch: 200,
      signal: stopping.signal,
      afterBatch: ({ resealed, current, changed, unreadable }) => {
        const left = `${changed} changed meanwhile, ${unreadable} unreadable`;
        process.stderr.write(`${resealed} sealed anew, ${current} were already, ${left}\n`);
      },
    });
    const done = `${count.resealed} records sealed anew with ${ring.sealingId}, ${count.current} were already.`;
    if (stopping.signal.aborted) throw new UsageError(`Stopped: ${done} Call it again to go on.`);
    console.log(done);
    if (count.changed > 0) console.log(`${count.changed} were changed meanwhile. Call it again to look at them.`);
    if (count.unreadable > 0) {
      console.log(
        `${count.unreadable} do not open with the keys in GATEHOUSE_KEYS and stay as they are: gatehouse keys list`,
      );
    }
  });
  process.off('SIGINT', stop).off('SIGTERM', stop);
}

/** `keys retire <id>`: only once nothing is sealed with it, or by force. */
export async function retireSealingKey(id: string, force: boolean): Promise<void> {
  await withVault(async ({ backend, ring, config }) => {
    if (id === ring.sealingId) {
      throw new UsageError(`${id} is the key that seals: gatehouse keys rotate, then go on here.`);
    }
    if (!force) await refuseWhileInUse(id, backend, ring);
    await retireKey(backend, ring, id, systemClock);
    if (inEnvironment(config)) {
      console.log(`Retired ${id}. Take it out of GATEHOUSE_KEYS on every node, and restart them.`);
      return;
    }
    await changeKeyFile(keyFileOf(config), (keys) => keys.filter((key) => fingerprint(key) !== id));
    console.log(`Retired ${id}, and took it out of ${keyFileOf(config)}. Restart every program that uses this folder.`);
  });
}

async function refuseWhileInUse(id: string, backend: Store, ring: KeyRing): Promise<void> {
  const counts = await sealedBy(maintained(backend, 'If they all have ended, add --force'), ring);
  const left = counts.get(id) ?? 0;
  if (left > 0) {
    throw new UsageError(
      `${left} records are sealed with ${id}: gatehouse keys reseal. With --force they read as absent once it is gone.`,
    );
  }
  if (!ring.ids.includes(id) && !(await hasSealed(backend, id))) {
    throw new UsageError(`This store knows no key ${id}: gatehouse keys list`);
  }
}

function maintained(
  backend: Store,
  instead = 'Its records move to the first key as they are written',
): MaintainableStore {
  if (isMaintainable(backend)) return backend;
  throw new UsageError(
    `This store cannot list its records: it has no scan and replace, so nobody knows which key sealed them. ${instead}.`,
  );
}
