import type { Store } from '../store/store.ts';
import type { ReadOwnToken } from './own-token.ts';
import { recordName } from './record-name.ts';
import type { RevocableClaims, Revocations } from './revocations.ts';
import type { UpstreamCredentials } from './upstream/credentials.ts';

/** What a presented token was good for: it alone, or with its whole sign-in. */
export type Presented = 'access_token' | 'refresh_token';

/** Ends access before its time, for whoever runs the server: nothing is asked of the caller (RFC 7009 asks clients). */
export interface OperatorRevocations extends Revocations {
  /**
   * A token by its value: an access token ends alone, a refresh token with its sign-in and all access tokens of it.
   * Undefined, and nothing is ended, where it is no live token of this server.
   */
  presented(token: string): Promise<Presented | undefined>;
}

/** What they live on. */
export interface OperatorRevocationsParts {
  readonly store: Store;
  readonly revocations: Revocations;
  readonly readOwnToken: ReadOwnToken;
  /** What people were given where they sign in. */
  readonly credentials?: Pick<UpstreamCredentials, 'forget'>;
}

/** Revocations that also know tokens by their value. */
export function operatorRevocations(parts: OperatorRevocationsParts): OperatorRevocations {
  const { store, revocations, readOwnToken, credentials } = parts;
  return {
    ...revocations,
    async subject(subject, reach) {
      await revocations.subject(subject, reach);
      await credentials?.forget(subject);
    },
    async presented(token) {
      const access = await readOwnToken(token);
      if (access !== undefined) {
        if (await revocations.isRevoked(access)) return undefined;
        await revocations.token(String(access.jti), Number(access.exp));
        return 'access_token';
      }
      const text = await store.get(recordName('RefreshToken', token));
      const { grantId, clientId, accountId, iat } = text === undefined ? {} : (JSON.parse(text) as RefreshRecord);
      if (grantId === undefined) return undefined;
      const claims: RevocableClaims = { gid: grantId, client_id: clientId, sub: accountId, iat };
      if (await revocations.isRevoked(claims)) return undefined;
      await revocations.grant(grantId);
      return 'refresh_token';
    },
  };
}

interface RefreshRecord {
  readonly grantId?: string;
  readonly clientId?: string;
  readonly accountId?: string;
  readonly iat?: number;
}
