import { InvalidToken } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import { claimedScopes, type ScopeClaims } from './claimed-scopes.ts';
import { isIdentifier } from './claims.ts';
import type { JsonObject } from './compact-jws.ts';
import type { PrincipalOf } from './token-principal.ts';

/** How the claims of one issuer are read. */
export interface ClaimReading extends ScopeClaims {
  /** The client of tokens that name none. Without it they are refused: a person is never taken for the client. */
  readonly defaultClient?: string | undefined;
  /** The claim that names the tenant. Default `org_id`. */
  readonly tenantClaim?: string | undefined;
  /** Whether a token is an app's own. Default: where its subject is its client. */
  readonly isMachine?: ((claims: JsonObject) => boolean) | undefined;
  /**
   * The claims under the names of RFC 9068 and OpenID Connect, where the issuer has names of its own for the subject, the
   * profile or the tenant. Only for reading: `principal.claims` and `isMachine` see them as they are.
   */
  readonly translate?: ((claims: JsonObject) => JsonObject) | undefined;
  /** Why a token whose registered claims are good is refused all the same: a reason code for the log. */
  readonly fault?: ((claims: JsonObject, resource: string) => string | undefined) | undefined;
}

/** Where issuers write the client, in this order. */
const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid'];

/**
 * Reads the access tokens of another issuer; their registered claims were checked. Throws `InvalidToken` for a token that
 * is of another kind or names no client. An e-mail address counts only where the issuer says that it is verified.
 */
export function foreignPrincipal(reading: ClaimReading = {}): PrincipalOf {
  const { tenantClaim = 'org_id', isMachine = isOwnClient, translate = (claims) => claims } = reading;
  return (claims, resource): Principal => {
    refuseOtherKinds(claims);
    const fault = reading.fault?.(claims, resource);
    if (fault !== undefined) throw new InvalidToken(fault);
    const read = translate(claims);
    const { sub, name, email, email_verified: verified } = read;
    const { iss, exp } = claims;
    if (!isIdentifier(sub, 255)) throw new InvalidToken('bad_subject');
    const tenant = read[tenantClaim];
    return {
      subject: sub,
      clientId: clientOf(read) ?? absentClient(reading.defaultClient),
      scopes: claimedScopes(read, reading),
      issuer: String(iss),
      resource,
      expiresAt: Number(exp),
      kind: isMachine(claims) ? 'machine' : 'user',
      ...(isIdentifier(name, 255) ? { name } : {}),
      ...(isIdentifier(email, 320) && (verified === true || verified === 'true') ? { email } : {}),
      ...(isIdentifier(tenant, 255) ? { tenant } : {}),
      claims,
    };
  };
}

/** The client that a token names. Throws `InvalidToken` where it names one in a way that cannot be read. */
function clientOf(claims: JsonObject): string | undefined {
  const name = CLIENT_CLAIMS.find((claim) => Object.hasOwn(claims, claim));
  if (name === undefined) return undefined;
  const client = claims[name];
  if (!isIdentifier(client, 2048)) throw new InvalidToken('bad_client_id');
  return client;
}

function absentClient(fallback: string | undefined): string {
  if (fallback === undefined) throw new InvalidToken('no_client_id');
  return fallback;
}

const isOwnClient = (claims: JsonObject): boolean => claims.sub === clientOf(claims);

/** Members that only ID tokens have (OpenID Connect Core §2, §3.3.2.11), logout tokens and security events (RFC 8417 §2.2). */
const FOREIGN_MEMBERS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];
/** What issuers call tokens that are not for resources, in claims of their own. */
const OTHER_KINDS = ['id', 'refresh', 'offline', 'logout', 'serialized-id'];

/** RFC 8725 §3.12: a token that was made for another purpose is refused, though it has no `typ` to say so. */
function refuseOtherKinds(claims: JsonObject): void {
  const { token_use: use, typ } = claims;
  const other =
    FOREIGN_MEMBERS.some((member) => Object.hasOwn(claims, member)) ||
    (use !== undefined && use !== 'access') ||
    (typeof typ === 'string' && OTHER_KINDS.includes(typ.toLowerCase()));
  if (other) throw new InvalidToken('not_an_access_token');
}
