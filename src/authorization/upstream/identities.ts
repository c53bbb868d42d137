import type { Clock } from '../../core/clock.ts';
import { sha256 } from '../../core/secrets.ts';
import { BadUpstreamAnswer, type Identity, NotAdmitted, type UpstreamProvider } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import type { Account } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';

/** An identity provider, as far as its people are concerned. */
export type IdentitySource = Pick<UpstreamProvider, 'name' | 'grants'> &
  ({ readonly server: { readonly issuer: string } } | { readonly issuer: string });

/** The people whom identity providers have told of. */
export interface Identities {
  /** The account that somebody has. Throws NotAdmitted for one who may not come in, BadUpstreamAnswer for no fit subject. */
  judge(provider: IdentitySource, identity: Identity): Account;
  /** Keeps what the provider says of somebody now. Rejects as `judge` throws. */
  keep(provider: IdentitySource, identity: Identity): Promise<Account>;
  /** Keeps what the provider says of somebody whom it told of before; undefined where they may no longer come in. */
  renew(provider: IdentitySource, identity: Identity): Promise<Account | undefined>;
  /** What is known of a subject whose provider is still the one that told of it. */
  known(subject: string): Promise<KnownIdentity | undefined>;
  /** Whoever signs in again is known again. */
  forget(subject: string): Promise<void>;
  /** The account of a subject, judged anew: whoever may no longer come in has none. */
  find(subject: string): Promise<Account | undefined>;
}

/** What they live on. `life`: seconds that a record outlives a sign-in, no shorter than anything given in it. */
export interface IdentitiesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly providers: readonly IdentitySource[];
  readonly life: number;
}

/** What a provider has told of somebody, and when (seconds since 1970). */
export interface KnownIdentity {
  readonly provider: IdentitySource;
  readonly identity: Identity;
  readonly seenAt: number;
}

interface IdentityRecord {
  readonly provider: string;
  /** The same name may stand for another provider one day, whose people are others. */
  readonly issuer?: string;
  readonly identity: Identity;
  /** Seconds since 1970. */
  readonly seenAt: number;
}

/** `github:583231`. Our own accounts and machines have no colon, so neither can be mistaken for the other. */
const subjectOf = (provider: IdentitySource, { subject }: Identity): string => `${provider.name}:${subject}`;

const issuerOf = (source: IdentitySource): string => ('server' in source ? source.server.issuer : source.issuer);

/** Whether a subject is one of an identity provider. Those of our own accounts have no colon. */
export const isUpstreamSubject = (subject: string): boolean => subject.includes(':');

const recordName = (subject: string): string => `identity:${sha256(subject)}`;

/** Whether a subject has ever signed in at an identity provider, as far as is still kept. */
export const isKnownSubject = async (store: Store, subject: string): Promise<boolean> =>
  isUpstreamSubject(subject) && (await store.get(recordName(subject))) !== undefined;

/** Identities over a store, one record each. */
export function identities({ store, clock, providers, life }: IdentitiesParts): Identities {
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const write = async (provider: IdentitySource, identity: Identity): Promise<void> => {
    const issuer = issuerOf(provider);
    const record: IdentityRecord = { provider: provider.name, issuer, identity, seenAt: clock() };
    await store.put(recordName(subjectOf(provider, identity)), JSON.stringify(record), life);
  };
  const known = async (subject: string): Promise<KnownIdentity | undefined> => {
    const text = isUpstreamSubject(subject) ? await store.get(recordName(subject)) : undefined;
    if (text === undefined) return undefined;
    const { provider: name, issuer, identity, seenAt } = JSON.parse(text) as IdentityRecord;
    const provider = byName.get(name);
    if (provider === undefined || (issuer ?? issuerOf(provider)) !== issuerOf(provider)) return undefined;
    return { provider, identity, seenAt };
  };
  return {
    judge,
    known,
    async keep(provider, identity) {
      const account = judge(provider, identity);
      await write(provider, identity);
      return account;
    },
    async renew(provider, identity) {
      await write(provider, identity);
      return accountOf(provider, identity);
    },
    forget: (subject) => store.delete(recordName(subject)),
    async find(subject) {
      const found = await known(subject);
      return found && accountOf(found.provider, found.identity);
    },
  };
}

function judge(provider: IdentitySource, identity: Identity): Account {
  // RFC 9068 §2.2: it becomes the `sub` of tokens.
  if (!/^[\x21-\x7e]{1,200}$/.test(identity.subject)) throw new BadUpstreamAnswer('subject');
  const account = accountOf(provider, identity);
  if (account === undefined) throw new NotAdmitted('no_scopes');
  return account;
}

function accountOf(provider: IdentitySource, identity: Identity): Account | undefined {
  const scopes = provider.grants(identity);
  if (scopes === undefined) return undefined;
  const { username, name, email, tenant } = identity;
  return {
    subject: subjectOf(provider, identity),
    username,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(tenant !== undefined && { tenant }),
    scopes,
  };
}

/**
 * The same accounts, with those of the people who sign in at identity providers; `ours` says whether people still sign in to
 * those of this server. Where they do not, nothing of them is good any more.
 */
export const withIdentities = (accounts: Accounts, others: Identities, ours: boolean): Accounts => ({
  ...accounts,
  async find(subject) {
    if (isUpstreamSubject(subject)) return others.find(subject);
    return ours ? accounts.find(subject) : undefined;
  },
});
