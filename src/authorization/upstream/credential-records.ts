import { sha256 } from '../../core/secrets.ts';
import type { UpstreamToken } from '../../core/upstream-token.ts';
import type { UpstreamTokens } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';

/** What a person was given at their identity provider, as it is kept. */
export interface CredentialRecord extends UpstreamToken {
  readonly provider: string;
  readonly refreshToken?: string;
  /** The claims of the ID token that came with the last refresh, and when that was (seconds since 1970). */
  readonly idToken?: Readonly<Record<string, unknown>>;
  readonly renewedAt?: number;
}

const recordName = (subject: string): string => `upstream_credential:${sha256(subject)}`;

/** The record of a person. */
export async function readCredential(store: Store, subject: string): Promise<CredentialRecord | undefined> {
  const text = await store.get(recordName(subject));
  return text === undefined ? undefined : (JSON.parse(text) as CredentialRecord);
}

/** Keeps it for `life` seconds. */
export const writeCredential = (store: Store, subject: string, record: CredentialRecord, life: number): Promise<void> =>
  store.put(recordName(subject), JSON.stringify(record), life);

/** Whether it is good beyond a time (seconds since 1970). */
export const isFresh = ({ expiresAt }: CredentialRecord, until: number): boolean =>
  expiresAt === undefined || expiresAt > until;

/** Forgets it; the provider is not told. */
export const forgetCredential = (store: Store, subject: string): Promise<void> => store.delete(recordName(subject));

/** What is kept of the tokens of a sign-in. */
export const recordOf = (
  provider: string,
  { accessToken, refreshToken, expiresAt, scopes }: UpstreamTokens,
): CredentialRecord => ({
  provider,
  accessToken,
  scopes,
  ...(refreshToken !== undefined && { refreshToken }),
  ...(expiresAt !== undefined && { expiresAt }),
});

/**
 * The record after a refresh. A refresh token without a successor stays, and so do the scopes where nothing is said of them
 * (RFC 6749 §6), and what a later version has put there.
 */
export function successorOf(
  { accessToken, scopes, expiresAt, idToken: _before, ...kept }: CredentialRecord,
  tokens: UpstreamTokens,
  now: number,
): CredentialRecord {
  const granted = tokens.answer.scope === undefined ? scopes : tokens.scopes;
  const { idToken } = tokens;
  const renewed = { ...kept, ...recordOf(kept.provider, tokens), scopes: granted, renewedAt: now };
  return { ...renewed, ...(idToken && { idToken }) };
}
