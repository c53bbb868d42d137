import { InvalidToken, Unavailable } from '../../core/errors.ts';
import type { UpstreamToken } from '../../core/upstream-token.ts';
import type { UpstreamTokens } from '../../gate/upstream-provider.ts';
import {
  type CredentialRecord,
  forgetCredential,
  isFresh,
  readCredential,
  recordOf,
  writeCredential,
} from './credential-records.ts';
import { type CredentialsParts, credentialRenewal } from './credential-renewal.ts';

export type { CredentialsParts } from './credential-renewal.ts';

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
  /**
   * The same where there is one to be had: one that has run out, with nothing to renew it by, is none, and ends nothing.
   * `since`: it is renewed if it was not after that time (seconds since 1970) and can be, and its new ID token comes along.
   */
  current(subject: string, since?: number): Promise<RenewedToken | undefined>;
  /** Deletes what a person was given and tells the provider so, where it can be told; where it is out, the log says so. */
  forget(subject: string): Promise<void>;
}

/** A token with what came beside it when it was renewed. */
export interface RenewedToken extends UpstreamToken {
  readonly idToken?: Readonly<Record<string, unknown>>;
}

/** Refreshed when it has less than this many seconds left. */
const EARLY = 60;

/** Credentials over a store. */
export function upstreamCredentials(parts: CredentialsParts): UpstreamCredentials {
  const { store, clock, life } = parts;
  const renewed = credentialRenewal(parts);
  const read = (subject: string) => readCredential(store, subject);
  const live = async (subject: string, known: CredentialRecord): Promise<UpstreamToken> =>
    tokenOf(isFresh(known, clock() + EARLY) ? known : await renewed(subject, known));
  /** With the ID token of a refresh after `since`. Rejects with Unavailable where the provider makes none for now. */
  const renewedSince = async (subject: string, known: CredentialRecord, since: number): Promise<RenewedToken> => {
    const isNew = ({ renewedAt = 0 }: CredentialRecord): boolean => renewedAt > since;
    const record = isNew(known) ? known : await renewed(subject, known);
    if (!isNew(record)) throw new Unavailable('upstream_not_renewed');
    return { ...tokenOf(record), ...(record.idToken && { idToken: record.idToken }) };
  };
  return {
    covers: (subject) => parts.exchanges.has(/^([^:]*):/.exec(subject)?.[1] ?? ''),
    keep: (subject, provider, tokens) => writeCredential(store, subject, recordOf(provider, tokens), life),
    async live(subject) {
      const known = await read(subject);
      if (known === undefined) throw new InvalidToken('upstream_credential_gone');
      return live(subject, known);
    },
    async current(subject, since) {
      const known = await read(subject);
      const renewable = known?.refreshToken !== undefined;
      if (known === undefined || !(renewable || isFresh(known, clock()))) return undefined;
      return since !== undefined && renewable ? renewedSince(subject, known, since) : live(subject, known);
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

const tokenOf = ({ accessToken, scopes, expiresAt }: CredentialRecord): UpstreamToken => ({
  accessToken,
  scopes,
  ...(expiresAt !== undefined && { expiresAt }),
});
