import { ConfigError } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { list, optional, required, text, type ValuesOf } from '../src/core/setting.ts';
import { type AudienceOptions, audiencesFrom } from '../src/gate/audience-setting.ts';
import { type ClaimReading, foreignPrincipal } from '../src/gate/foreign-principal.ts';
import { givenKeys, readPublicKey, readSharedSecret, sharedSecretKey } from '../src/gate/given-keys.ts';
import { issuerVerifier } from '../src/gate/issuer-verifier.ts';
import { jwtVerifier } from '../src/gate/jwt.ts';
import type { Provider, ProviderDeps } from '../src/gate/provider.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import { type TokenExchangeOptions, tokenExchangeRules } from '../src/gate/token-exchange.ts';
import type { TokenShape } from '../src/gate/token-shape.ts';
import { SIGNATURE_ALGORITHMS, USUAL_ALGORITHMS } from '../src/gate/usable-key.ts';

const settings = {
  issuer: { variable: 'JWT_ISSUER', fallback: '', read: required(text, 'what the tokens say in `iss`') },
  jwksUrl: { variable: 'JWT_JWKS_URL', fallback: '', read: optional(readServerUrl) },
  publicKey: { variable: 'JWT_PUBLIC_KEY', fallback: '', read: optional(readPublicKey) },
  secret: { variable: 'JWT_SECRET', fallback: '', read: optional(readSharedSecret) },
  algorithms: { variable: 'JWT_ALGORITHMS', fallback: '', read: list },
  acceptAudiencesInsteadOfResource: {
    variable: 'JWT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface JwtOptions extends ClaimReading, AudienceOptions, TokenExchangeOptions {
  /** Compared with `iss` as plain text, trailing slash included (JWT_ISSUER). */
  readonly issuer?: string;
  /** Where its keys are (JWT_JWKS_URL). Without it, a public key and a secret, the issuer's metadata says. */
  readonly jwksUrl?: string;
  /** In place of published keys: PEM, a JWK or a JWK Set as text (JWT_PUBLIC_KEY). */
  readonly publicKey?: string;
  /** In place of all keys: a secret of at least 32 bytes that the issuer shares with us, for HS256 (JWT_SECRET). */
  readonly secret?: string;
  /** The `alg` values that are looked at (JWT_ALGORITHMS). Default RS256, PS256, ES256, EdDSA and Ed25519. */
  readonly algorithms?: readonly string[];
  /**
   * The `typ` values that are looked at; the empty text stands for none. Default `at+jwt`, `JWT` and none; only `at+jwt`
   * where other audiences than the resource are accepted, since an ID token may carry those.
   */
  readonly types?: readonly string[];
  /** Whether `aud` may name others beside. Default false. */
  readonly allowMultiAudience?: boolean;
  /** Longest lifetime of a token, in seconds. Default one day. */
  readonly maxLifetime?: number;
}

/** Signed JWT access tokens of any issuer: keys found by discovery, at a URL, or given; checked as RFC 9068 and RFC 8725 say. */
export const jwt = (options: JwtOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'jwt', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: JwtOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): Provider {
  const { issuer, jwksUrl, publicKey, secret } = values;
  const faults = [...faultsOf(values, mode), ...exchangeFaults(options, values)];
  if (faults.length > 0) throw new ConfigError(faults);
  const audiencesFor = audiencesFrom(options, values.acceptAudiencesInsteadOfResource);
  const checked = {
    issuer,
    algorithms: algorithmsOf(values),
    types: options.types ?? (audiencesFor ? ['at+jwt'] : ['at+jwt', 'JWT', '']),
    principalOf: foreignPrincipal(options),
    ...(audiencesFor && { audiencesFor }),
    ...(options.allowMultiAudience !== undefined && { allowMultiAudience: options.allowMultiAudience }),
    ...(options.maxLifetime !== undefined && { maxLifetime: options.maxLifetime }),
  };
  const tokens: readonly TokenShape[] = [{ shape: 'jwt', issuer }];
  const given = { kind: 'keys', name: 'jwt', tokens } as const;
  if (secret !== undefined) {
    const keys = sharedSecretKey(secret);
    return {
      ...given,
      verifier: (deps: ProviderDeps) => jwtVerifier({ ...checked, ...handed(deps), keys, sharedSecret: true }),
    };
  }
  if (publicKey !== undefined) {
    return {
      ...given,
      verifier: (deps: ProviderDeps) => jwtVerifier({ ...checked, ...handed(deps), keys: givenKeys(publicKey, deps) }),
    };
  }
  return {
    kind: 'direct',
    name: 'jwt',
    issuer,
    tokens,
    ...(options.exchange && { exchange: tokenExchangeRules('jwt', options.exchange) }),
    verifier: (deps) => issuerVerifier({ ...checked, jwksUrl }, deps),
  };
}

const handed = ({ clock, log }: ProviderDeps) => ({ clock, log });

const algorithmsOf = ({ algorithms, secret }: ValuesOf<typeof settings>): readonly string[] =>
  algorithms.length > 0 ? algorithms : secret === undefined ? USUAL_ALGORITHMS : ['HS256'];

function faultsOf(values: ValuesOf<typeof settings>, { production }: ProviderMode): readonly string[] {
  const { issuer, jwksUrl, publicKey, secret } = values;
  const given = Object.entries({ JWT_JWKS_URL: jwksUrl, JWT_PUBLIC_KEY: publicKey, JWT_SECRET: secret });
  const set = given.filter(([, value]) => value !== undefined).map(([variable]) => variable);
  const faults = set.length > 1 ? [`${set.join(', ')} must not be set together: tokens have one kind of key`] : [];
  const safe = secret === undefined ? SIGNATURE_ALGORITHMS : new Set(['HS256']);
  const unsafe = algorithmsOf(values).filter((alg) => !safe.has(alg));
  if (unsafe.length > 0) {
    faults.push(`JWT_ALGORITHMS must not name ${unsafe.join(', ')}; here it may name ${[...safe].join(', ')}`);
  }
  if (publicKey !== undefined || secret !== undefined) return faults;
  for (const [variable, url] of [
    ['JWT_ISSUER', issuer],
    ['JWT_JWKS_URL', jwksUrl],
  ] as const) {
    if (url !== undefined) faults.push(...urlFaults(variable, url, production));
  }
  return faults;
}

const exchangeFaults = (
  { exchange }: JwtOptions,
  { publicKey, secret }: ValuesOf<typeof settings>,
): readonly string[] =>
  exchange !== undefined && (publicKey ?? secret) !== undefined
    ? ['auth: exchange of jwt: needs the issuer’s metadata, so leave JWT_PUBLIC_KEY and JWT_SECRET out']
    : [];

function urlFaults(variable: string, url: string, production: boolean): readonly string[] {
  try {
    readServerUrl(url);
  } catch (error) {
    return [`${variable} ${error instanceof Error ? error.message : String(error)}`];
  }
  return production && url.startsWith('http:') ? [`${variable} must be https in production`] : [];
}
