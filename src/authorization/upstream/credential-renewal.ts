import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import { singleFlights } from '../../core/single-flight.ts';
import type { UpstreamTokens } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import type { Revocations } from '../revocations.ts';
import {
  type CredentialRecord,
  forgetCredential,
  isFresh,
  readCredential,
  successorOf,
  writeCredential,
} from './credential-records.ts';
import { ProviderRefused } from './exchange-fault.ts';
import type { UpstreamExchange } from './upstream-exchange.ts';

/** What credentials live on. `life`: seconds that a credential is kept since it was last renewed. */
export interface CredentialsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly life: number;
  readonly exchanges: ReadonlyMap<string, Pick<UpstreamExchange, 'refresh' | 'revoke'>>;
  readonly revocations: Pick<Revocations, 'subject'>;
}

/** Seconds for one refresh, more than the provider is given to answer. */
const LEASE = 45;
/** Seconds that a call waits for somebody else's refresh. */
const PATIENCE = 15;
const WAIT_MS = 100;

const leaseName = (subject: string): string => `upstream_refresh:${sha256(subject)}`;

/**
 * Renews what a person was given, once for all who ask on all nodes: `stale` is what they have found. Rejects with InvalidToken
 * where the provider has ended the sign-in, which ends ours too, and with Unavailable while it does not answer; what is still
 * good is then answered as it is.
 */
export function credentialRenewal(
  parts: CredentialsParts,
): (subject: string, stale: CredentialRecord) => Promise<CredentialRecord> {
  const { store, clock, life } = parts;
  const read = (subject: string) => readCredential(store, subject);
  /** Keeps what came, unless all was forgotten meanwhile. */
  const succeed = async (subject: string, now: CredentialRecord, tokens: UpstreamTokens): Promise<CredentialRecord> => {
    const record = successorOf(now, tokens, clock());
    const kept = await read(subject);
    if (kept === undefined) throw new InvalidToken('upstream_credential_gone');
    if (kept.accessToken !== now.accessToken) return kept;
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
    if (isFresh(now, clock())) return now;
    throw error instanceof Unavailable ? error : new Unavailable('upstream_refresh_failed', error);
  };

  /** Refreshes, unless somebody else has since. A token that came with no successor of its refresh token keeps the old one. */
  const renew = async (subject: string, stale: CredentialRecord): Promise<CredentialRecord> => {
    const now = await read(subject);
    if (now === undefined) throw new InvalidToken('upstream_credential_gone');
    if (now.accessToken !== stale.accessToken) return now;
    const exchange = parts.exchanges.get(now.provider);
    if (now.refreshToken === undefined || exchange === undefined) {
      return isFresh(now, clock()) ? now : end(parts, subject, 'upstream_token_expired');
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

  const once = singleFlights<CredentialRecord>();
  return (subject, stale) => once(subject, () => renewOnce(subject, stale));
}

/** Nothing there is good any more: what we gave in that person's name ends with it, so that they sign in anew. */
async function end({ store, log, revocations }: CredentialsParts, subject: string, reason: string): Promise<never> {
  await revocations.subject(subject);
  await forgetCredential(store, subject);
  log.info('upstream_sign_in_ended', { principal: subject, reason });
  throw new InvalidToken(reason);
}
