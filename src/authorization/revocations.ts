import type { Announcements } from '../core/announcements.ts';
import type { Clock } from '../core/clock.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import { announcementsOf } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import { isOwnAccount } from './accounts/account.ts';
import { defaultLifetimes, type Lifetimes } from './lifetimes.ts';

/** The members of an access token that a revocation can name. */
export interface RevocableClaims {
  readonly jti?: unknown;
  readonly gid?: unknown;
  readonly client_id?: unknown;
  readonly sub?: unknown;
  readonly iat?: unknown;
  /** The issuer of the assertion that the token was given for. */
  readonly gh_idp?: unknown;
}

/** How far a revocation reaches. `for_good` is for clients and people who are gone, and whose id nobody else ever gets. */
export type Reach = 'up_to_now' | 'for_good';

/** Ends access before its time. What a call has written holds on every node, within a second for tokens seen just before. */
export interface Revocations {
  /** One access token, until it would have expired. */
  token(jti: string, expiresAt: number): Promise<void>;
  /** One sign-in: its code, its refresh tokens and all their access tokens. */
  grant(id: string): Promise<void>;
  /** Everything that a client was given up to now, or for good: what is being given at this moment, too. */
  client(id: string, reach?: Reach): Promise<void>;
  /** Everything that was given in the name of a person, or to a machine, up to now or for good. */
  subject(subject: string, reach?: Reach): Promise<void>;
  /** Whether an access token with these claims was ended. */
  isRevoked(claims: RevocableClaims): Promise<boolean>;
  /** Whether anything was ended, on whichever node, since this was last asked. It then holds here at once. */
  changed(): Promise<boolean>;
}

/** What the deny-list lives on. */
export interface RevocationsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly lifetimes?: Lifetimes;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic?: () => number;
}

type MarkerKind = 'token' | 'grant' | 'client' | 'subject';

/** How long an answer is remembered: with the time that reading takes, a revocation holds everywhere within a second. */
const CACHED_MS = 600;
const CACHED_MARKERS = 20_000;
/** What is given elsewhere by somebody who remembers that nothing was ended, and in the second in which it is: in seconds. */
const STILL_GIVEN = Math.ceil(CACHED_MS / 1000);
/** Whoever says again and again that word was missed turns the memory off for no more than this part of the time. */
const CLEARED_MS = 100;
/** Another text after each revocation: asking for it tells of all. */
const LATEST = 'revoked_latest';
/** What nodes tell each other of: the name of a marker. */
export const REVOKED = 'revoked';

/** A deny-list of markers, each at least as long-lived as what it denies: O(1) to write and to ask, no listing. */
export function revocations({ store, clock, lifetimes = defaultLifetimes, monotonic }: RevocationsParts): Revocations {
  const announcements = announcementsOf(store);
  const cache = markerCache(store, announcements, monotonic ?? (() => performance.now()));
  let latest: string | undefined;
  const longest = longestHeld(lifetimes) + 3600;
  const mark = async (kind: MarkerKind, id: string, ttl: number, reach: Reach = 'up_to_now'): Promise<void> => {
    const name = markerName(kind, id);
    try {
      await store.put(name, String(reach === 'for_good' ? Infinity : clock() + STILL_GIVEN), ttl);
    } finally {
      // A write whose answer was lost may have been done: everybody looks.
      cache.forget(name);
      announcements.publish(REVOKED, name);
    }
    await store.put(LATEST, randomToken(12), longest);
  };
  const marked = async (kind: MarkerKind, id: unknown): Promise<boolean> =>
    typeof id === 'string' && (await cache.get(markerName(kind, id))) !== undefined;
  const markedSince = async (kind: MarkerKind, id: unknown, issuedAt: unknown): Promise<boolean> => {
    if (typeof id !== 'string') return false;
    const at = await cache.get(markerName(kind, id));
    return at !== undefined && !(typeof issuedAt === 'number' && issuedAt > Number(at));
  };
  return {
    token: (jti, expiresAt) => mark('token', jti, Math.max(1, expiresAt - clock()) + 60),
    grant: (id) => mark('grant', id, longest),
    client: (id, reach) => mark('client', id, longest, reach),
    // Its API keys may live for ever.
    subject: (subject, reach) => mark('subject', subject, isOwnAccount(subject) ? Infinity : longest, reach),
    async isRevoked({ jti, gid, client_id, sub, iat }) {
      const hits = await Promise.all([
        marked('token', jti),
        marked('grant', gid),
        markedSince('client', client_id, iat),
        markedSince('subject', sub, iat),
      ]);
      return hits.includes(true);
    },
    async changed() {
      const now = await store.get(LATEST);
      if (now === latest) return false;
      latest = now;
      cache.forget(undefined);
      return true;
    },
  };
}

/** The longest that anything which was given can still be good: a sign-in with its last access token, or a session. */
const longestHeld = (lifetimes: Lifetimes): number => {
  const { code, interaction, session, refreshAbsolute, userAccess, machineAccess } = lifetimes;
  return Math.max(code + interaction + refreshAbsolute, session) + Math.max(userAccess, machineAccess);
};

const markerName = (kind: MarkerKind, id: string): string => `revoked_${kind}:${sha256(id)}`;

/** Remembers markers, and their absence, for less than a second: a busy token costs no store read a call. One read at a time a name. */
function markerCache(store: Store, announcements: Announcements, monotonic: () => number) {
  const entries = new Map<string, { readonly at: number; readonly value: Promise<string | undefined> }>();
  const forget = (name: string | undefined): void => {
    if (name === undefined) entries.clear();
    else entries.delete(name);
  };
  let clearing = false;
  const hear = (name: string | undefined): void => {
    if (name !== undefined) forget(name);
    if (name !== undefined || clearing) return;
    clearing = true;
    setTimeout(() => {
      clearing = false;
      entries.clear();
    }, CLEARED_MS).unref();
  };
  let listens = false;
  return {
    get(name: string): Promise<string | undefined> {
      if (!listens) announcements.subscribe(REVOKED, hear);
      listens = true;
      const known = entries.get(name);
      if (known !== undefined && monotonic() - known.at < CACHED_MS) return known.value;
      if (entries.size >= CACHED_MARKERS) entries.clear();
      const value = store.get(name);
      entries.set(name, { at: monotonic(), value });
      value.catch(() => entries.delete(name));
      return value;
    },
    /** One of them, or undefined for all. */
    forget,
  };
}
