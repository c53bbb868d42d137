import { InvalidToken } from '../core/errors.ts';
import { checkAudience, checkTimes, type ExpectedClaims } from './claims.ts';
import type { JsonObject } from './compact-jws.ts';

/** What an answer must say, and what of it is kept. */
export interface ExpectedAnswer extends ExpectedClaims {
  /** Members that are kept beside the known ones. */
  readonly keep: readonly string[];
  /** Seconds that a token is good for whose end the answer does not tell; then it is asked about again. */
  readonly withoutExpiry: number;
}

/** What servers call an access token: RFC 7662 §2.2 means the type of RFC 6749 §7.1, some write RFC 8693 §3. */
const ACCESS_TOKEN = ['bearer', 'access_token', 'urn:ietf:params:oauth:token-type:access_token'];

/** Members that are known: of RFC 7662 §2.2, of token claims, and those that give another kind of token away. */
const KNOWN = [
  ...['scope', 'client_id', 'username', 'token_type', 'exp', 'iat', 'nbf', 'sub', 'aud', 'iss', 'jti'],
  ...['scp', 'scopes', 'azp', 'cid', 'appid', 'name', 'email', 'email_verified', 'org_id'],
  ...['typ', 'token_use', 'nonce', 'at_hash', 'c_hash', 's_hash', 'events'],
];

/**
 * The claims of a token that its server says is good here (RFC 7662 §2.2): `active` is true and nothing else, and audience,
 * issuer, kind and times fit. Throws `InvalidToken`. An app without person is its own subject.
 */
export function readAnswer(answer: JsonObject, expected: ExpectedAnswer, now: number): JsonObject {
  if (answer.active !== true) throw new InvalidToken('inactive');
  const { iss = expected.issuer, token_type: type, sub, username, client_id: clientId, exp } = answer;
  if (iss !== expected.issuer) throw new InvalidToken('wrong_issuer');
  if (type !== undefined && !(typeof type === 'string' && ACCESS_TOKEN.includes(type.toLowerCase()))) {
    throw new InvalidToken('not_an_access_token');
  }
  checkAudience(answer, expected);
  // Shown to us as a bearer token: what it is bound to cannot be checked.
  if (Object.hasOwn(answer, 'cnf')) throw new InvalidToken('bound_token');
  checkTimes(answer, expected.maxLifetime, now);
  const kept = [...KNOWN, ...expected.keep].filter((name) => Object.hasOwn(answer, name) && name !== '__proto__');
  return Object.freeze({
    ...Object.fromEntries(kept.map((name) => [name, answer[name]])),
    iss,
    sub: sub ?? username ?? clientId,
    exp: exp ?? now + expected.withoutExpiry,
  });
}
