import { ConfigError } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { choice, integer, list, optional, required, text, type ValuesOf } from '../src/core/setting.ts';
import { type AudienceOptions, audiencesFrom } from '../src/gate/audience-setting.ts';
import { readPrivateKey } from '../src/gate/client-authentication.ts';
import type { ClaimReading } from '../src/gate/foreign-principal.ts';
import { introspectionVerifier } from '../src/gate/introspection.ts';
import type { Provider } from '../src/gate/provider.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import type { UpstreamClient } from '../src/gate/upstream-provider.ts';

const settings = {
  issuer: { variable: 'INTROSPECTION_ISSUER', fallback: '', read: required(readServerUrl, 'the issuer of the tokens') },
  url: { variable: 'INTROSPECTION_URL', fallback: '', read: optional(readServerUrl) },
  clientId: {
    variable: 'INTROSPECTION_CLIENT_ID',
    fallback: '',
    read: required(text, 'the client that we are at the issuer'),
  },
  clientSecret: { variable: 'INTROSPECTION_CLIENT_SECRET', fallback: '', read: optional(text) },
  privateKey: { variable: 'INTROSPECTION_PRIVATE_KEY', fallback: '', read: optional(readPrivateKey) },
  clientAuth: { variable: 'INTROSPECTION_CLIENT_AUTH', fallback: 'basic', read: choice('basic', 'post') },
  cacheTtl: { variable: 'INTROSPECTION_CACHE', fallback: '30', read: integer(0, 300, 'seconds') },
  acceptAudiencesInsteadOfResource: {
    variable: 'INTROSPECTION_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface IntrospectionProviderOptions extends ClaimReading, AudienceOptions {
  /** Whose tokens they are, as its metadata spells it (INTROSPECTION_ISSUER). */
  readonly issuer?: string;
  /** Where it is asked (INTROSPECTION_URL). Left out, its metadata says. */
  readonly url?: string;
  /** Who we are there (INTROSPECTION_CLIENT_ID). */
  readonly clientId?: string;
  /** How we prove it (INTROSPECTION_CLIENT_SECRET) … */
  readonly clientSecret?: string;
  /** … or a private JWK with `alg`, as text, for `private_key_jwt` (INTROSPECTION_PRIVATE_KEY). */
  readonly privateKey?: string;
  /** Where the secret goes: a header or the body (INTROSPECTION_CLIENT_AUTH). Default `basic`. */
  readonly clientAuth?: 'basic' | 'post';
  /** Longest time, in seconds, for which a good answer is used again (INTROSPECTION_CACHE). 0: every call asks. Default 30. */
  readonly cacheTtl?: number;
  /** Whether JWTs of the issuer are asked about as well. Default false: they are refused. */
  readonly introspectJwts?: boolean;
  /** Whether `aud` may name others beside. Default false. */
  readonly allowMultiAudience?: boolean;
  /** Longest lifetime of a token, in seconds. Default one day. */
  readonly maxLifetime?: number;
  /** Members of the answer that are kept in `principal.claims` beside the known ones. */
  readonly keepClaims?: readonly string[];
}

/** Opaque access tokens, about which the issuer is asked (RFC 7662). */
export const introspection = (options: IntrospectionProviderOptions = {}): ProviderFromSettings =>
  providerFromSettings({
    name: 'introspection',
    settings,
    options,
    build: (values, mode) => build(options, values, mode),
  });

type Values = ValuesOf<typeof settings>;

function build(options: IntrospectionProviderOptions, values: Values, mode: ProviderMode): Provider {
  const faults = insecure(values, mode);
  const client = clientOf(values);
  if (typeof client === 'string') faults.push(client);
  if (faults.length > 0 || typeof client === 'string') throw new ConfigError(faults);
  const { issuer, url, cacheTtl } = values;
  const { introspectJwts = false } = options;
  const audiencesFor = audiencesFrom(options, values.acceptAudiencesInsteadOfResource);
  return {
    kind: 'direct',
    name: 'introspection',
    issuer,
    tokens: [{ shape: 'opaque' }, ...(introspectJwts ? [{ shape: 'jwt', issuer } as const] : [])],
    verifier: (deps) =>
      introspectionVerifier({ ...options, issuer, url, client, cacheTtl, introspectJwts, audiencesFor }, deps),
  };
}

/** Who we are at the issuer, or what is wrong with it. */
function clientOf({ clientId: id, clientSecret, privateKey, clientAuth }: Values): UpstreamClient | string {
  if ((clientSecret === undefined) === (privateKey === undefined)) {
    return 'INTROSPECTION_CLIENT_SECRET or INTROSPECTION_PRIVATE_KEY must be set, and not both';
  }
  if (privateKey !== undefined) return { id, method: 'private_key_jwt', key: privateKey };
  return { id, method: clientAuth, secret: clientSecret ?? '' };
}

const insecure = ({ issuer, url }: Values, { production }: ProviderMode): string[] =>
  [
    ['INTROSPECTION_ISSUER', issuer],
    ['INTROSPECTION_URL', url],
  ].flatMap(([variable, each]) =>
    production && each?.startsWith('http:') ? [`${variable} must be https in production`] : [],
  );
