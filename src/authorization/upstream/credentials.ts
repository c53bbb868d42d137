import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import type { UpstreamToken } from '../../core/upstream-token.ts';
import type { UpstreamTokens } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import type { Revocations } from '../revocations.ts';
import { ProviderRefused } from './exchange-fault.ts';
import type { UpstreamExchange } from './upstream-exchange.ts';

/** What people were given at their identity provider, one credential a person, the newest. */
export interface UpstreamCredentials {
  keep(subject: string, provider: string, tokens: UpstreamTokens): Promise<void>;
  /**
   * A token that is good for another minute, refreshed where needed, once for all nodes. Rejects with InvalidToken where the
   * provider has ended the sign-in, which ends ours too, and with Unavailable while it does not answer.
   */
  live(subject: string): Promise<UpstreamToken>;
}

/** What they live on. `life`: seconds that a credential is kept since it was last renewed. */
export interface CredentialsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly life: number;
  readonly exchanges: ReadonlyMap<string, Pick<UpstreamExchange, 'refresh'>>;
  readonly revocations: Pick<Revocations, 'subject'>;
}

interface CredentialRecord extends UpstreamToken {
  readonly provider: string;
  readonly refreshToken?: string;
}

/** Refreshed when it has less than this many seconds left. */
const EARLY = 60;
/** Seconds for one refresh, more than the provider is given to answer. */
const LEASE = 15;
const WAIT_MS = 100;

const recordName = (subject: string): string => `upstream_credential:${sha256(subject)}`;
const leaseName = (subject: string): string => `upstream_refresh:${sha256(subject)}`;

/** Forgets what a person was given there. */
export const forgetCredential = (store: Store, subject: string): Promise<void> => store.delete(recordName(subject));

/** Credentials over a store. */
export function upstreamCredentials(parts: CredentialsParts): UpstreamCredentials {
  const { store, clock, life } = parts;
  const read = async (subject: string): Promise<CredentialRecord | undefined> => {
    const text = await store.get(recordName(subject));
    return text === undefined ? undefined : (JSON.parse(text) as CredentialRecord);
  };
  const fresh = ({ expiresAt }: CredentialRecord, left: number): boolean =>
    expiresAt === undefined || expiresAt - clock() > left;
  const write = (subject: string, record: CredentialRecord) =>
    store.put(recordName(subject), JSON.stringify(record), life);

  /** Refreshes, unless somebody else has since. A token that came with no successor of its refresh token keeps the old one. */
  const renew = async (subject: string, stale: CredentialRecord): Promise<CredentialRecord> => {
    const now = await read(subject);
    if (now === undefined) throw new InvalidToken('upstream_credential_gone');
    if (now.accessToken !== stale.accessToken) return now;
    const exchange = parts.exchanges.get(now.provider);
    const stillGood = fresh(now, 0);
    if (now.refreshToken === undefined || exchange === undefined) {
      return stillGood ? now : end(parts, subject, 'upstream_token_expired');
    }
    try {
      const tokens = await exchange.refresh(now.refreshToken);
      // Of a record of a later version, what this one does not know stays.
      const { accessToken, scopes, expiresAt, ...kept } = now;
      // RFC 6749 §6: nothing said of scopes means those of before.
      const granted = tokens.answer.scope === undefined ? scopes : tokens.scopes;
      const record = { ...kept, ...recordOf(now.provider, tokens), scopes: granted };
      await write(subject, record);
      return record;
    } catch (error) {
      if (error instanceof ProviderRefused && error.ended) {
        // Somebody whose lease ran out may have been given the successor all the same.
        const newest = await read(subject);
        if (newest !== undefined && newest.accessToken !== now.accessToken) return newest;
        return end(parts, subject, 'upstream_sign_in_ended');
      }
      // What is still good is used while the provider is out.
      if (stillGood) return now;
      throw error instanceof Unavailable ? error : new Unavailable('upstream_refresh_failed', error);
    }
  };

  const renewOnce = async (subject: string, stale: CredentialRecord): Promise<CredentialRecord> => {
    const mine = randomToken(16);
    for (let waited = 0; waited < LEASE * 1000; waited += WAIT_MS) {
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
  return {
    keep: (subject, provider, tokens) => write(subject, recordOf(provider, tokens)),
    async live(subject) {
      const known = await read(subject);
      if (known === undefined) throw new InvalidToken('upstream_credential_gone');
      if (fresh(known, EARLY)) return tokenOf(known);
      const renewing = underWay.get(subject) ?? renewOnce(subject, known).finally(() => underWay.delete(subject));
      underWay.set(subject, renewing);
      return tokenOf(await renewing);
    },
  };
}

/** Nothing there is good any more: what we gave in that person's name ends with it, so that they sign in anew. */
async function end({ store, log, revocations }: CredentialsParts, subject: string, reason: string): Promise<never> {
  await revocations.subject(subject);
  await forgetCredential(store, subject);
  log.info('upstream_sign_in_ended', { principal: subject, reason });
  throw new InvalidToken(reason);
}

const recordOf = (provider: string, { accessToken, refreshToken, expiresAt, scopes }: UpstreamTokens) => ({
  provider,
  accessToken,
  scopes,
  ...(refreshToken !== undefined && { refreshToken }),
  ...(expiresAt !== undefined && { expiresAt }),
});

const tokenOf = ({ accessToken, scopes, expiresAt }: CredentialRecord): UpstreamToken => ({
  accessToken,
  scopes,
  ...(expiresAt !== undefined && { expiresAt }),
});
