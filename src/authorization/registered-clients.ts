import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import { recentMap } from '../core/recent-map.ts';
import { sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';
import { hashClientSecret } from './client-secret.ts';
import type { Lifetimes } from './lifetimes.ts';

/** Clients that registered and are kept (RFC 7591), each in one record of its own: none of them costs the others anything. */
export interface RegisteredClients {
  find(id: string): Promise<AdapterPayload | undefined>;
  /** Keeps what a client says of itself, the first time or anew. Its secret is kept as a hash, while it is used. */
  save(id: string, metadata: AdapterPayload): Promise<void>;
  remove(id: string): Promise<void>;
  /** Notes a use: the life of the client starts anew, at most once a day. */
  renew(id: string): Promise<void>;
  /** Ties the record of a registration access token (RFC 7592) to the client. The answer is how long both live, in seconds. */
  manageWith(id: string, tokenRecord: string): Promise<number>;
}

/** What they live on. */
export interface RegisteredClientsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly lifetimes: Lifetimes;
}

/** A record, as it stands in the store under the kind `client`. Times in seconds since 1970. */
export interface RegisteredRecord {
  readonly metadata: AdapterPayload;
  /** Whether anybody has signed in to it. */
  readonly used: boolean;
  readonly renewedAt: number;
  readonly expiresAt: number;
  readonly tokenRecord?: string;
}

const HOUR = 3600;
/** Seconds for which a client that was found renewed is not looked at again, and how many such are remembered. */
const LOOK_AGAIN = 600;
const REMEMBERED = 10_000;
const DAY = 24 * HOUR;
const recordName = (id: string): string => `client:${sha256(id)}`;
const removedName = (id: string): string => `removed_client:${sha256(id)}`;
const changedName = (id: string): string => `changed_client:${sha256(id)}`;
const renewedName = (id: string): string => `renewed_client:${sha256(id)}`;

/** RFC 7591 §2: Basic where nothing else is said. */
const needsSecret = (method = 'client_secret_basic'): boolean => method.startsWith('client_secret_');

/**
 * Seconds that a client lives after a use. Longer than any refresh token it may have been given since it was renewed,
 * whatever is set: a client never ends before what it holds.
 */
export const registeredLife = ({ registration, refreshIdle, userAccess }: Lifetimes): number =>
  Math.max(registration, refreshIdle + userAccess + DAY + HOUR);

/** Registered clients over a store. */
export function registeredClients({ store, clock, lifetimes }: RegisteredClientsParts): RegisteredClients {
  const life = registeredLife(lifetimes);
  const foundRenewed = recentMap<number>(REMEMBERED);
  const load = async (id: string): Promise<RegisteredRecord | undefined> => {
    const text = await store.get(recordName(id));
    return text === undefined ? undefined : (JSON.parse(text) as RegisteredRecord);
  };
  const put = (id: string, record: RegisteredRecord): Promise<void> =>
    store.put(recordName(id), JSON.stringify(record), Math.max(1, record.expiresAt - clock()));
  /**
   * Writes a record that was read a while ago. Whoever changes, renews or removes a client marks it first, and whoever
   * writes looks at the marks last: of two at once, neither undoes what the other did.
   */
  const keep = async (id: string, record: RegisteredRecord): Promise<void> => {
    await put(id, record);
    const marks = await Promise.all([changedName(id), renewedName(id)].map((name) => store.get(name)));
    const latest: RegisteredRecord = Object.assign({ ...record }, ...marks.map((mark) => JSON.parse(mark ?? '{}')));
    if (JSON.stringify(latest) !== JSON.stringify(record)) await put(id, latest);
    if ((await store.get(removedName(id))) !== undefined) await store.delete(recordName(id));
  };
  const change = async (id: string, { metadata, tokenRecord, ...life }: RegisteredRecord): Promise<void> => {
    const content = { metadata, ...(tokenRecord !== undefined && { tokenRecord }) };
    await store.put(changedName(id), JSON.stringify(content), HOUR);
    await keep(id, { ...life, ...content });
  };
  const renewToken = async (id: string, name: string): Promise<void> => {
    const token = await store.get(name);
    if (token === undefined) return;
    await store.put(name, token, life);
    // One that was replaced or removed in between must not come back.
    if ((await load(id))?.tokenRecord !== name) await store.delete(name);
  };
  return {
    find: async (id) => (await load(id))?.metadata,
    async save(id, { client_secret: secret, ...rest }) {
      const known = await load(id);
      // One that came back with the way to authenticate would be older than whoever changed that thinks.
      const kept = secret !== undefined && needsSecret(rest.token_endpoint_auth_method);
      const metadata = { ...rest, ...(kept && { client_secret: hashClientSecret(secret) }) };
      if (known !== undefined) return change(id, { ...known, metadata });
      await keep(id, { metadata, used: false, renewedAt: clock(), expiresAt: clock() + lifetimes.registrationUnused });
    },
    async remove(id) {
      const known = await load(id);
      await store.put(removedName(id), '1', HOUR);
      await store.delete(recordName(id));
      if (known?.tokenRecord !== undefined) await store.delete(known.tokenRecord);
    },
    async renew(id) {
      if (clock() - (foundRenewed.get(id) ?? -Infinity) < LOOK_AGAIN) return;
      const known = await load(id);
      if (known === undefined) return;
      if (known.used && clock() - known.renewedAt < DAY) {
        foundRenewed.set(id, clock());
        return;
      }
      const renewed = { used: true, renewedAt: clock(), expiresAt: clock() + life };
      await store.put(renewedName(id), JSON.stringify(renewed), HOUR);
      await keep(id, { ...known, ...renewed });
      if (known.tokenRecord !== undefined) await renewToken(id, known.tokenRecord);
    },
    async manageWith(id, tokenRecord) {
      const known = await load(id);
      if (known === undefined) return lifetimes.registrationUnused;
      const left = Math.max(1, known.expiresAt - clock());
      // Nobody else knows of a client before its registration was answered.
      if (known.tokenRecord === undefined) {
        await put(id, { ...known, tokenRecord });
        return left;
      }
      await change(id, { ...known, tokenRecord });
      await store.delete(known.tokenRecord);
      return left;
    },
  };
}
