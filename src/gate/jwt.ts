import { type CryptoKey, compactVerify, errors } from 'jose';
import type { Clock } from '../core/clock.ts';
import { ConfigError, GatehouseError, InvalidToken, Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { checkClaims } from './claims.ts';
import { type JsonObject, readCompactJws, readJsonObject } from './compact-jws.ts';
import { checkBinding, keyBoundTo } from './dpop/binding.ts';
import type { KeyHint, KeySource } from './key-set.ts';
import { principalOf as ownPrincipalOf, type PrincipalOf } from './token-principal.ts';
import { SIGNATURE_ALGORITHMS } from './usable-key.ts';
import { type VerifiedTokensOptions, verifiedTokens } from './verified-tokens.ts';
import type { Verifier } from './verifier.ts';

/** How the JWT access tokens of one issuer are checked. */
export interface JwtVerifierOptions {
  /** Compared with `iss` as plain text. */
  readonly issuer: string;
  readonly keys: KeySource;
  /** The keys are a secret that the issuer shares with us: then HS256, and nothing else, may be allowed. */
  readonly sharedSecret?: boolean;
  /** The `alg` values that are looked at, such as `['ES256']`. Asymmetric ones only. */
  readonly algorithms: readonly string[];
  /**
   * The `typ` values that are looked at, such as `['at+jwt']`; case and `application/` do not matter. The empty text
   * stands for a token without `typ`.
   */
  readonly types: readonly string[];
  /** What `aud` must name one of, for each resource. Default: the resource itself, so that a token is good for one mount. */
  readonly audiencesFor?: (resource: string) => readonly string[];
  /** Whether a token may be good for other resources too. Default false; never for our own tokens. */
  readonly allowMultiAudience?: boolean;
  /** Audiences that may stand beside ours all the same, such as the issuer's own userinfo endpoint. */
  readonly audiencesBeside?: readonly string[];
  /** Whether a token may name no audience: `principalOf` must then tell our tokens from others. Default false. */
  readonly audienceMayBeAbsent?: boolean | undefined;
  /** Longest lifetime of a token, in seconds. Default one day. */
  readonly maxLifetime?: number;
  /** How far the issuer's clock may run ahead of ours, in seconds. Default CLOCK_SKEW. */
  readonly issuerAhead?: number;
  /** Asked on every call, remembered tokens included. A rejection refuses the call with `Unavailable`. */
  readonly isRevoked?: (claims: JsonObject) => Promise<boolean>;
  /** Default 5,000 tokens for 60 s. */
  readonly cache?: VerifiedTokensOptions;
  /** Default: the claims of our own authorization server. */
  readonly principalOf?: PrincipalOf;
  readonly clock: Clock;
  readonly log: Log;
}

/** A verifier that remembers good tokens. */
export interface JwtVerifier extends Verifier {
  /** Forgets every remembered token: for a signing key that is no longer trusted. */
  clear(): void;
}

/**
 * A verifier of signed JWT access tokens (RFC 9068 §4, RFC 8725). Throws `ConfigError` at once when no safe algorithm or
 * no type is named. Its `verify` rejects with `InvalidToken`, and with `Unavailable` when keys or revocations cannot be asked.
 */
export function jwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  refuseUnsafe(options);
  const { clock, isRevoked } = options;
  const remembered = verifiedTokens(options.cache ?? { entries: 5000, ttl: 60 }, clock);
  return {
    async verify(token, resource, key) {
      const audience = canonicalResource(resource.href) ?? resource.href;
      const principal = await remembered.recall(token, audience, () => verifyAnew(options, token, audience));
      // What is remembered is the token, not who showed it.
      checkBinding(principal.boundTo, key);
      // Anything but a plain no refuses: a check that answers something else is broken (fail closed).
      if (isRevoked && (await ask('revocations_unavailable', () => isRevoked(principal.claims))) !== false) {
        throw new InvalidToken('revoked');
      }
      return principal;
    },
    clear: () => remembered.clear(),
  };
}

async function verifyAnew(options: JwtVerifierOptions, token: string, audience: string): Promise<Principal> {
  const {
    issuer,
    issuerAhead,
    allowMultiAudience = false,
    audiencesBeside,
    audienceMayBeAbsent,
    maxLifetime = 86_400,
    principalOf = ownPrincipalOf,
  } = options;
  const audiences = options.audiencesFor?.(audience) ?? [audience];
  const hint = checkHeader(readCompactJws(token).header, options);
  const key = await ask('keys_unavailable', () => options.keys(hint));
  if (key === undefined) {
    options.log.debug('key_unknown', { issuer, alg: hint.alg, kid: hint.kid?.slice(0, 64) });
    throw new InvalidToken('unknown_key');
  }
  const claims = readJsonObject(await openSigned(token, key, hint.alg));
  const named = { audiences, allowMultiAudience, audiencesBeside, audienceMayBeAbsent };
  checkClaims(claims, { issuer, ...named, maxLifetime, issuerAhead }, options.clock());
  const boundTo = keyBoundTo(claims);
  return Object.freeze({ ...principalOf(claims, audience), ...(boundTo !== undefined && { boundTo }) });
}

function checkHeader(header: JsonObject, { algorithms, types }: JwtVerifierOptions): KeyHint {
  const { alg, typ = '', kid } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new InvalidToken('algorithm_not_allowed');
  if (typeof typ !== 'string' || !types.some((type) => mediaType(type) === mediaType(typ))) {
    throw new InvalidToken('wrong_type');
  }
  // RFC 7515 §4.1.11: we understand no extension, so none can be met.
  if (Object.hasOwn(header, 'crit')) throw new InvalidToken('critical_extension');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) throw new InvalidToken('bad_kid');
  return { alg, kid };
}

/** RFC 7515 §4.1.9: `application/` may be left out where no other slash stands. */
const mediaType = (type: string): string => type.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');

async function openSigned(token: string, key: CryptoKey, alg: string): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, key, { algorithms: [alg] })).payload;
  } catch (cause) {
    const forged = cause instanceof errors.JWSSignatureVerificationFailed;
    throw new InvalidToken(forged ? 'bad_signature' : 'unverifiable', cause);
  }
}

/** Asks something we depend on. Whatever goes wrong there is not the caller's fault. */
async function ask<T>(reason: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    throw cause instanceof GatehouseError ? cause : new Unavailable(reason, cause);
  }
}

const SECRET_ALGORITHMS: ReadonlySet<string> = new Set(['HS256']);

function refuseUnsafe({ issuer, algorithms, types, sharedSecret = false }: JwtVerifierOptions): void {
  const safe = sharedSecret ? SECRET_ALGORITHMS : SIGNATURE_ALGORITHMS;
  const rule = sharedSecret ? 'with a shared secret allow only HS256' : 'allow only asymmetric ones';
  const unsafe = algorithms.filter((alg) => !safe.has(alg));
  const faults = [
    ...unsafe.map((alg) => `The JWT verifier of ${issuer} allows the algorithm ${JSON.stringify(alg)}; ${rule}.`),
    ...(algorithms.length === 0 ? [`The JWT verifier of ${issuer} allows no algorithm; name one, such as ES256.`] : []),
    ...(types.length === 0 ? [`The JWT verifier of ${issuer} allows no type; name one, such as at+jwt.`] : []),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
}
