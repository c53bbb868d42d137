import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';

const keys = new WeakMap<object, string>();

/** Notes the thumbprint of the key that the client of this token request has proven (RFC 9449 §5). */
export const noteProvenKey = (ctx: KoaContextWithOIDC, key: string): void => void keys.set(ctx, key);

interface Token {
  /** Where oidc-provider keeps it: it makes the `token_type` and the binding of refresh tokens from this. */
  jkt?: string | undefined;
}

/** Binds a signed access token to the key that was proven for it, if one was (RFC 9449 §6.1). */
export function bindToProvenKey(ctx: object, token: Token, jwt: { payload: Record<string, unknown> }): void {
  const jkt = keys.get(ctx);
  if (jkt === undefined) return;
  token.jkt = jkt;
  jwt.payload.cnf = { jkt };
}

/** What the record of a refresh token says of its key: those of public clients are bound to it (RFC 9449 §5). */
export function boundRefreshToken(model: string): { readonly jkt?: string } {
  const { ctx } = Provider;
  const jkt = ctx && keys.get(ctx);
  if (jkt === undefined || model !== 'RefreshToken' || ctx?.oidc.client?.clientAuthMethod !== 'none') return {};
  return { jkt };
}

/**
 * Throws InvalidGrant where a code or refresh token that is bound to a key is redeemed by whoever has not proven it
 * (RFC 9449 §5, §10). Elsewhere, such as at revocation, no proof is asked for.
 */
export function checkProvenKey(boundTo: string | undefined): void {
  const { ctx } = Provider;
  if (boundTo === undefined || ctx?.oidc.route !== 'token' || keys.get(ctx) === boundTo) return;
  throw new errors.InvalidGrant('bound to a key that was not proven');
}
