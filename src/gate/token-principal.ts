import { InvalidToken } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import { scopesIn } from './claimed-scopes.ts';
import { isIdentifier } from './claims.ts';
import type { JsonObject } from './compact-jws.ts';

/** Turns claims that were checked already into the caller they stand for. May throw `InvalidToken`. */
export type PrincipalOf = (claims: JsonObject, resource: string) => Principal;

/**
 * Reads the access tokens of our own authorization server (RFC 9068 §2.2). A caller is a machine where `gh_kind` says
 * so or where the subject is the client itself. Throws `InvalidToken` without a `client_id`.
 */
export const principalOf: PrincipalOf = (claims, resource) => {
  const { sub, client_id: clientId, name, email, gh_tenant: tenant } = claims;
  if (!isIdentifier(sub, 255) || !isIdentifier(clientId, 2048)) throw new InvalidToken('bad_client_id');
  return {
    subject: sub,
    clientId,
    scopes: scopesOf(claims),
    issuer: String(claims.iss),
    resource,
    expiresAt: Number(claims.exp),
    kind: claims.gh_kind === 'machine' || sub === clientId ? 'machine' : 'user',
    ...(isIdentifier(name, 255) && { name }),
    ...(isIdentifier(email, 255) && { email }),
    ...(isIdentifier(tenant, 255) && { tenant }),
    claims,
  };
};

/**
 * The scopes of a token: `scope` as a text (RFC 9068 §2.2.3) or an array, else `scp` in either form.
 * A malformed value is no scopes: it opens nothing.
 */
export const scopesOf = (claims: JsonObject): ReadonlySet<string> =>
  new Set(scopesIn(Object.hasOwn(claims, 'scope') ? claims.scope : claims.scp));
