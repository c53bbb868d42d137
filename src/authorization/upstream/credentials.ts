import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import type { UpstreamToken } from '../../core/upstream-token.ts';
import type { UpstreamTokens } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import type { Revocations } from '../revocations.ts';
import {
  type CredentialRecord,
  forgetCredential,
  readCredential,
  recordOf,
  successorOf,
  writeCredential,
} from './credential-records.ts';
import { ProviderRefused } from './exchange-fault.ts';
import type { UpstreamExchange } from './upstream-exchange.ts';

/** What people were given at their identity provider, one credential a person, the newest. */
export interface UpstreamCredentials {
  keep(subject: string, provider: string, tokens: UpstreamTokens): Promise<void>;
  /** Whether a subject signs in at one of the providers. */
  covers(subject: string): boolean;
  /**
   * A token that is good for another minute, refreshed where needed, once for all nodes. Rejects with InvalidToken where the
   * provider has ended the sign-in, which ends ours too, and with Unavailable while it does not answer.
   */
  live(subject: string): Promise<UpstreamToken>;
  /** The same where there is one to be had: one that has run out, with nothing to renew it by, is none, and ends nothing. */
  current(subject: string): Promise<UpstreamToken | undefined>;
  /** Deletes what a person was given and tells the provider so, where it can be told; where it is out, the log says so. */
  forget(subject: string): Promise<void>;
}

/** What they live on. `life`: seconds that a credential is kept since it was last renewed. */
export interface CredentialsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly life: number;
  readonly exchanges: ReadonlyMap<string, Pick<UpstreamExchange, 'refresh' | 'revoke'>>;
  readonly revocations: Pick<Revocations, 'subject'>;
}

/** Refreshed when it has less than this many seconds left. */
const EARLY = 60;
/** Seconds for one refresh, more than the provider is given to answer. */
const LEASE = 45;
/** Seconds that a call waits for somebody else's refresh. */
const PATIENCE = 15;
const WAIT_MS = 100;

const leaseName = (subject: string): string => `upstream_refresh:${sha256(subject)}`;

/** Credentials over a store. */
export function upstreamCredentials(parts: CredentialsParts): UpstreamCredentials {
  const { store, clock, life } = parts;
  const read = (subject: string) => readCredential(store, subject);
  const fresh = ({ expiresAt }: CredentialRecord, left: number): boolean =>
    expiresAt === undefined || expiresAt - clock() > left;
  /** Keeps what came, unless all was forgotten meanwhile. */
  const succeed = async (subject: string, now: CredentialRecord, tokens: UpstreamTokens): Promise<CredentialRecord> => {
    const record = successorOf(now, tokens);
    if ((await read(subject)) === undefined) throw new InvalidToken('upstream_credential_gone');
    await writeCredential(store, subject, record, life);
    return record;
  };

  const notRenewed = async (subject: string, now: CredentialRecord, error: unknown): Promise<CredentialRecord> => {
    if (error instanceof InvalidToken) throw error;
    if (error instanceof ProviderRefused && error.ended) {
      // Somebody whose lease ran out may have been given the successor all the same.
      const newest = await read(subject);
      if (newest !== undefined && newest.accessToken !== now.accessToken) return newest;
      return end(parts, subject, 'upstream_sign_in_ended');
    }
    // What is still good is used while the provider is out.
    if (fresh(now, 0)) return now;
    throw error instanceof Unavailable ? error : new Unavailable('upstream_refresh_failed', error);
  };

  /** Refreshes, unless somebody else has since. A token that came with no successor of its refresh token keeps the old one. */
  const renew = async (subject: string, stale: CredentialRecord): Promise<CredentialRecord> => {
    const now = await read(subject);
    if (now === undefined) throw new InvalidToken('upstream_credential_gone');
    if (now.accessToken !== stale.accessToken) return now;
    const exchange = parts.exchanges.get(now.provider);
    if (now.refreshToken === undefined || exchange === undefined) {
      return fresh(now, 0) ? now : end(parts, subject, 'upstream_token_expired');
    }
    try {
      return await succeed(subject, now, await exchange.refresh(now.refreshToken));
    } catch (error) {
      return notRenewed(subject, now, error);
    }
  };

  const renewOnce = async (subject: string, stale: CredentialRecord): Promise<CredentialRecord> => {
    const mine = randomToken(16);
    for (let waited = 0; waited < PATIENCE * 1000; waited += WAIT_MS) {
      if (await store.putIfAbsent(leaseName(subject), mine, LEASE)) {
        try {
          return await renew(subject, stale);
        } finally {
          if ((await store.get(leaseName(subject))) === mine) await store.delete(leaseName(subject));
        }
      }
      await pause(WAIT_MS);
      const now = await read(subject);
      if (now === undefined) throw new InvalidToken('upstream_credential_gone');
      if (now.accessToken !== stale.accessToken) return now;
    }
    throw new Unavailable('upstream_refresh_busy');
  };

  const underWay = new Map<string, Promise<CredentialRecord>>();
  const renewed = async (subject: string, known: CredentialRecord): Promise<UpstreamToken> => {
    if (fresh(known, EARLY)) return tokenOf(known);
    const renewing = underWay.get(subject) ?? renewOnce(subject, known).finally(() => underWay.delete(subject));
    underWay.set(subject, renewing);
    return tokenOf(await renewing);
  };
  return {
    covers: (subject) => parts.exchanges.has(/^([^:]*):/.exec(subject)?.[1] ?? ''),
    keep: (subject, provider, tokens) => writeCredential(store, subject, recordOf(provider, tokens), life),
    async live(subject) {
      const known = await read(subject);
      if (known === undefined) throw new InvalidToken('upstream_credential_gone');
      return renewed(subject, known);
    },
    async current(subject) {
      const known = await read(subject);
      const none = known === undefined || (known.refreshToken === undefined && !fresh(known, 0));
      return none ? undefined : renewed(subject, known);
    },
    forget: (subject) => forget(parts, subject),
  };
}

async function forget({ store, log, exchanges }: CredentialsParts, subject: string): Promise<void> {
  const known = await readCredential(store, subject);
  if (known === undefined) return;
  await forgetCredential(store, subject);
  const { provider, refreshToken, accessToken } = known;
  try {
    await exchanges.get(provider)?.revoke(refreshToken ?? accessToken);
  } catch (error) {
    log.warn('upstream_revocation_failed', { principal: subject, provider, error });
  }
}

/** Nothing there is good any more: what we gave in that person's name ends with it, so that they sign in anew. */
async function end({ store, log, revocations }: CredentialsParts, subject: string, reason: string): Promise<never> {
  await revocations.subject(subject);
  await forgetCredential(store, subject);
  log.info('upstream_sign_in_ended', { principal: subject, reason });
  throw new InvalidToken(reason);
}

const tokenOf = ({ accessToken, scopes, expiresAt }: CredentialRecord): UpstreamToken => ({
  accessToken,
  scopes,
  ...(expiresAt !== undefined && { expiresAt }),
});
