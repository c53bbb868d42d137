import type { JWK } from 'jose';
import type { Clock } from '../core/clock.ts';
import { isScopeToken } from '../core/scope.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';
import { hashClientSecret } from './client-secret.ts';
import { readPublicJwks } from './clients/client-jwks.ts';
import { type Revocations, revocations } from './revocations.ts';
import { roster } from './roster.ts';

/** A client that an operator has made. Only these are given tokens by client_credentials, to act for themselves (RFC 6749 §4.4). */
export interface Machine {
  /** `machine_` and 22 random characters; also the subject of its tokens, so it is nobody's account. */
  readonly clientId: string;
  readonly name: string;
  /** The most it can ask for. */
  readonly scopes: readonly string[];
  /** The resources it may have tokens for; all of them where left out. */
  readonly resources?: readonly string[];
  /** The resources whose tokens it may introspect (RFC 7662). */
  readonly introspects?: readonly string[];
  /** It acts for people of a company alone, with ID-JAGs, and is given no token for itself. */
  readonly enterprise?: boolean;
}

/** What a machine is made from: with a secret that we make, or with its own public key (`private_key_jwt`). */
export type NewMachine = Omit<Machine, 'clientId'> & ({ readonly secret: true } | { readonly publicKey: JWK });

/** A machine as it is kept: the secret as a hash. */
export interface MachineRecord extends Machine {
  readonly secretHash?: string;
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, string>>[] };
  /** Seconds since 1970. */
  readonly createdAt: number;
}

/** The pre-registered machine clients of this server. */
export interface Machines {
  /** Registers a machine; the secret is in this answer and nowhere else. Throws TypeError on an unfit name, scope or key. */
  add(machine: NewMachine): Promise<{ readonly clientId: string; readonly clientSecret?: string }>;
  list(): Promise<readonly Machine[]>;
  find(clientId: string): Promise<MachineRecord | undefined>;
  /** Removes a machine and ends its tokens. False when there is none of that id. */
  remove(clientId: string): Promise<boolean>;
}

/** What machines live on. */
export interface MachinesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations?: Revocations;
}

const PREFIX = 'machine_';

/** Whether a client id is one of a machine. */
export const isMachineId = (clientId: string): boolean => clientId.startsWith(PREFIX);

const recordName = (clientId: string): string => `machine:${sha256(clientId)}`;

/** Machine clients over a store. */
export function machines({ store, clock, revocations: denyList }: MachinesParts): Machines {
  const ids = roster(store, 'machine');
  const ended = denyList ?? revocations({ store, clock });
  const find = async (clientId: string): Promise<MachineRecord | undefined> => {
    if (!isMachineId(clientId)) return undefined;
    const text = await store.get(recordName(clientId));
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  };
  return {
    async add(machine) {
      checkMachine(machine);
      const clientId = `${PREFIX}${randomToken(16)}`;
      const clientSecret = 'secret' in machine ? randomToken() : undefined;
      const proof = 'publicKey' in machine ? { jwks: publicJwks(machine.publicKey) } : {};
      const record: MachineRecord = {
        ...describeMachine({ clientId, ...machine }),
        ...(clientSecret !== undefined && { secretHash: hashClientSecret(clientSecret) }),
        ...proof,
        createdAt: clock(),
      };
      await store.put(recordName(clientId), JSON.stringify(record), Infinity);
      await ids.add(clientId);
      return { clientId, ...(clientSecret !== undefined && { clientSecret }) };
    },
    async list() {
      const records = await Promise.all((await ids.list()).map(find));
      return records.filter((record) => record !== undefined).map(describeMachine);
    },
    find,
    async remove(clientId) {
      if ((await find(clientId)) === undefined) return false;
      await store.delete(recordName(clientId));
      await ended.client(clientId, 'for_good');
      await ids.remove(clientId);
      return true;
    },
  };
}

function describeMachine({ clientId, name, scopes, resources, introspects, enterprise }: Machine): Machine {
  return {
    clientId,
    name,
    scopes,
    ...(resources && { resources }),
    ...(introspects && { introspects }),
    ...(enterprise && { enterprise }),
  };
}

function checkMachine({ name, scopes }: NewMachine): void {
  if (!/^[^\p{C}]{1,100}$/u.test(name)) throw new TypeError('A machine needs a name of 1 to 100 visible characters.');
  const wrong = scopes.find((scope) => !isScopeToken(scope));
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is not a scope name.`);
}

function publicJwks(key: JWK): { readonly keys: readonly Readonly<Record<string, string>>[] } {
  const read = readPublicJwks({ keys: [key] });
  if (typeof read === 'string') throw new TypeError(`The public key of the machine cannot be used: ${read}`);
  return read;
}
