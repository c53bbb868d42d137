import { sha256 } from './secrets.ts';

/** What kind of caller a token stands for. */
export type PrincipalKind = 'user' | 'machine' | 'key';

/** Who is calling. Built by a verifier; read by tools, logs and limits. */
export interface Principal {
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
  readonly issuer: string;
  /** The one resource identifier (audience) that the credential is good for. */
  readonly resource: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly kind: PrincipalKind;
  readonly name?: string;
  readonly email?: string;
  readonly tenant?: string;
  /** Thumbprint of the key that the credential is bound to, which the caller has proven (RFC 9449 §6). */
  readonly boundTo?: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** One key per caller. No separator inside an issuer or a subject can make two callers share it. */
export const principalKey = ({ issuer, kind, subject }: Pick<Principal, 'issuer' | 'kind' | 'subject'>): string =>
  sha256(JSON.stringify([issuer, kind, subject]));
