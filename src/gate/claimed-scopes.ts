import { isScopeToken, parseScope } from '../core/scope.ts';
import type { JsonObject } from './compact-jws.ts';

/** Where an issuer writes scopes, and what they are called here. */
export interface ScopeClaims {
  /** Claims that hold scopes beside `scope`, `scp` and `scopes`, such as `permissions` or `roles`. */
  readonly scopeClaims?: readonly string[] | undefined;
  /** Our name of one of its scopes, such as without a prefix; undefined drops it. No scope is ever added. */
  readonly renameScope?: ((scope: string) => string | undefined) | undefined;
}

const STANDARD = ['scope', 'scp', 'scopes'];

/**
 * Every scope that a token of another issuer carries: the union of all claims that hold some, each a space-delimited text
 * or an array (RFC 9068 §2.2.3). A malformed claim is no scopes: it opens nothing.
 */
export function claimedScopes(
  claims: JsonObject,
  { scopeClaims = [], renameScope = (scope) => scope }: ScopeClaims,
): ReadonlySet<string> {
  const names = [...STANDARD, ...scopeClaims].filter((name) => Object.hasOwn(claims, name));
  const renamed = names.flatMap((name) => scopesIn(claims[name])).map((scope) => renameScope(scope));
  return new Set(renamed.filter((scope) => scope !== undefined).filter(isScopeToken));
}

/** The scopes in the value of one claim. */
export function scopesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return parseScope(value) ?? [];
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && isScopeToken(scope)) ? value : [];
}
