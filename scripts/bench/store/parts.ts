import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { sha256 } from '../../../src/core/secrets.ts';
import { openVault, type Vault } from '../../../src/host/state.ts';
import type { KeyRing } from '../../../src/store/key-ring.ts';
import { isMaintainable } from '../../../src/store/maintenance.ts';
import { storedName } from '../../../src/store/sealed-record.ts';
import type { Store } from '../../../src/store/store.ts';
import { fill, LIFE, type Size, sealed } from './fill.ts';
import { type RedisBytes, redisBytes } from './redis-bytes.ts';
import { freeBase, type Program, type ServerChild, startChild } from './server-child.ts';
import { idsAt, kindOf, type SignInRecords } from './sign-in-records.ts';
import { storeWork } from './store-work.ts';
import type { Stores } from './stores.ts';
import { type Held, tokenWork } from './token-work.ts';
import { type Contender, type Results, type Rounds, takeTurns } from './turns.ts';

/** What all parts of the bench need. */
export interface BenchParts extends Rounds {
  readonly key: string;
  readonly ring: KeyRing;
  readonly signIn: SignInRecords;
  /** Operations or requests of a turn. */
  readonly operations: number;
  readonly requests: number;
}

/** Clients of a store that is not filled beforehand. */
const CLIENTS = 1000;

/** Rounds until a store that was filled at once answers as it goes on to. */
const SETTLING = 50;

/** Each operation of a store, `plain` and `sealed`. */
export async function operations(stores: Stores, parts: BenchParts): Promise<Results> {
  const vaults = [await vaultAt(await stores.fresh(), parts), await vaultAt(await stores.fresh(), parts)] as const;
  const value = kindOf(parts.signIn.records, 'refresh_token').value;
  const names = Array.from({ length: 1000 }, (_, index) => `known:${sha256(`${index}`)}`);
  const contenders: Contender[] = [];
  for (const [name, store] of [
    ['plain', vaults[0].backend],
    ['sealed', vaults[1].store],
  ] as const) {
    await Promise.all(names.map((known) => store.put(known, value, LIFE)));
    const known = () => anyOf(names);
    contenders.push(storeWork(name, { store, count: parts.operations, value, known }));
  }
  try {
    return await takeTurns(contenders, parts);
  } finally {
    await Promise.all(vaults.map(({ store }) => store.close()));
  }
}

/** `/token` and calls: our host beside oidc-provider and the SDK alone. */
export const againstBare = (stores: Stores, parts: BenchParts): Promise<Results> =>
  servers(stores, parts, [
    { name: 'gatehouse', program: 'whole-host', sealed: true },
    { name: 'bare', program: 'bare-provider', sealed: false },
  ]);

/** `/token` over the same kind of store, sealed and in clear. */
export const sealing = (stores: Stores, parts: BenchParts): Promise<Results> =>
  servers(stores, parts, [
    { name: 'sealed', program: 'token-host', sealed: true },
    { name: 'plain', program: 'token-host', sealed: false },
  ]);

/** Everything again over a store of each size. */
export async function growth(
  stores: Stores,
  parts: BenchParts,
  sizes: Readonly<Record<'small' | 'large', Size>>,
): Promise<Results> {
  const running: { close(): Promise<unknown> }[] = [];
  const onServers: Contender[] = [];
  const onStores: Contender[] = [];
  try {
    for (const [name, size] of Object.entries(sizes)) {
      const [storeUrl, at] = [await stores.fresh(), await freeBase()];
      await fill(storeUrl, size, { ...parts, base: at.base });
      const server = await startChild('whole-host', {
        ...at,
        ...told(parts),
        storeUrl,
        sealed: true,
        clients: size.clients,
        filled: true,
      });
      const vault = await vaultAt(storeUrl, parts);
      const served = tokenWork(name, {
        server,
        signIn: parts.signIn,
        count: parts.requests,
        calls: true,
        pool: poolOf(size),
      });
      onServers.push(served);
      onStores.push(workBeneath(name, size, vault.backend, parts));
      running.push({ close: async () => served.close() }, { close: server.stop }, vault.store);
    }
    await takeTurns(onStores.map(readingOnly), { rounds: 0, warmUp: SETTLING });
    return new Map([...(await takeTurns(onStores, parts)), ...(await takeTurns(onServers, parts))]);
  } finally {
    for (const each of running) await each.close();
  }
}

/** Bytes of a client and of a sign-in, over `count` of each. */
export const memory = async (stores: Stores, parts: BenchParts, count: number): Promise<RedisBytes> =>
  redisBytes(await stores.fresh(), count, parts);

interface Entrant {
  readonly name: string;
  readonly program: Program;
  readonly sealed: boolean;
}

async function servers(stores: Stores, parts: BenchParts, entrants: readonly Entrant[]): Promise<Results> {
  const children: ServerChild[] = [];
  const contenders: ReturnType<typeof tokenWork>[] = [];
  try {
    for (const { name, program, sealed } of entrants) {
      const setup = {
        ...(await freeBase()),
        ...told(parts),
        storeUrl: await stores.fresh(),
        sealed,
        clients: CLIENTS,
        filled: false,
      };
      const server = await startChild(program, setup);
      children.push(server);
      contenders.push(
        tokenWork(name, {
          server,
          signIn: parts.signIn,
          count: parts.requests,
          calls: program !== 'token-host',
        }),
      );
    }
    return await takeTurns(contenders, parts);
  } finally {
    for (const contender of contenders) contender.close();
    for (const child of children) await child.stop();
  }
}

/** Beneath the seal, which costs the same at any size; names from all over the store. */
function workBeneath(name: string, size: Size, backend: Store, parts: BenchParts): Contender {
  const { ring, signIn, operations: count } = parts;
  const known = () => {
    const grant = Math.floor(Math.random() * size.grants);
    return storedName(`grant:${sha256(idsAt({ client: 0, grant }).grant)}`);
  };
  const { value } = sealed(ring, kindOf(signIn.records, 'refresh_token'));
  return storeWork(name, { store: backend, count, value, known, ...(isMaintainable(backend) && { beneath: backend }) });
}

const readingOnly = ({ name, work }: Contender): Contender => ({
  name,
  work: new Map([...work].filter(([thing]) => thing === 'get')),
});

/** Sign-ins from all over the store. */
function poolOf({ clients, grants }: Size): Held[] {
  const length = Math.min(grants, 20_000);
  return Array.from({ length }, (_, index) => {
    const grant = Math.floor((index * grants) / length);
    const { client, refresh } = idsAt({ client: grant % clients, grant });
    return { client, refresh };
  });
}

const told = ({ key, signIn }: BenchParts) => ({ key, signIn });

const vaultAt = (storeUrl: string, { key }: BenchParts): Promise<Vault> =>
  openVault(readConfig({ storeUrl, keys: [key] }), { clock: systemClock, log: silentLog });

const anyOf = (names: readonly string[]): string => names[Math.floor(Math.random() * names.length)] ?? '';
