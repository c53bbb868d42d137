import { ConfigError, Unavailable } from '../src/core/errors.ts';
import { providerFetch } from '../src/core/provider-fetch.ts';
import { readServerDomain } from '../src/core/server-url.ts';
import { flag, list, optional, required, type ValuesOf } from '../src/core/setting.ts';
import { ASKED_LIMITS, askedVerifier } from '../src/gate/asked-verifier.ts';
import {
  type AudienceOptions,
  audiencesFrom,
  audienceWayFaults,
  namesAudiences,
} from '../src/gate/audience-setting.ts';
import { claimedScopes } from '../src/gate/claimed-scopes.ts';
import type { JsonObject } from '../src/gate/compact-jws.ts';
import { type DialectOptions, directProvider } from '../src/gate/direct-provider.ts';
import type { DirectProvider, ProviderDeps } from '../src/gate/provider.ts';
import type { TenantAdvice } from '../src/gate/provider-finding.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import { readRemoteJson } from '../src/gate/remote-json.ts';

const settings = {
  domain: {
    variable: 'CLERK_DOMAIN',
    fallback: '',
    read: required(readServerDomain, 'the Frontend API of your instance, such as clerk.example.com'),
  },
  secretKey: { variable: 'CLERK_SECRET_KEY', fallback: '', read: optional(readSecretKey) },
  requiredScopesInsteadOfAudience: {
    variable: 'CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE',
    fallback: '',
    read: ownScopes,
  },
  tokensNameResource: { variable: 'CLERK_TOKENS_NAME_RESOURCE', fallback: 'false', read: flag },
  acceptAudiencesInsteadOfResource: {
    variable: 'CLERK_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

type Values = ValuesOf<typeof settings>;

/** What is left out is read from the variable in brackets. Of the three that tell whom tokens are for, one must be given. */
export interface ClerkOptions extends DialectOptions, AudienceOptions {
  /** The Frontend API of your instance, which is the issuer (CLERK_DOMAIN). */
  readonly domain?: string;
  /** With it, opaque tokens (`oat_…`) are taken too, where scopes tell whom they are for (CLERK_SECRET_KEY). */
  readonly secretKey?: string;
  /**
   * Scopes of your own that a token must have, all of them, where it names no audience: a list for every mount, or those of
   * each resource (CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE).
   */
  readonly requiredScopesInsteadOfAudience?: readonly string[] | ((resource: string) => readonly string[]);
  /** A custom claim of yours writes the mount's URL into `aud` (CLERK_TOKENS_NAME_RESOURCE). */
  readonly tokensNameResource?: boolean;
  /** Where Clerk's Backend API is. Default `https://api.clerk.com`. */
  readonly apiUrl?: string;
}

/** Clients sign people in at Clerk; its OAuth access tokens are checked here. */
export const clerk = (options: ClerkOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'clerk', settings, options, build: (values, mode) => build(options, values, mode) });

const OPAQUE = 'oat_';

function build(options: ClerkOptions, values: Values, mode: ProviderMode): DirectProvider {
  const { domain: issuer, secretKey, acceptAudiencesInsteadOfResource: listed } = values;
  const scopesFor = requiredScopes(options, values);
  const faults = waysFaults(options, values, scopesFor !== undefined);
  if (faults.length > 0) throw new ConfigError(faults);
  const rules = {
    // Machines of Clerk's own kind; others are their own client.
    isMachine: ({ sub, client_id: client }: JsonObject) => sub === client || /^mch_/.test(String(sub)),
    ...options,
    issuer,
    audiencesFor: audiencesFrom(options, listed),
    audienceMayBeAbsent: scopesFor !== undefined,
    fault: (claims: JsonObject, resource: string) => scopeFault(claims, scopesFor?.(resource)),
  };
  // Sessions and machine tokens are signed with the same key: only the type tells them from what an app got.
  const dialect = { ...rules, name: 'clerk', variable: settings.domain.variable, types: ['at+jwt'], advice: ADVICE };
  const signed = directProvider(dialect, mode);
  if (secretKey === undefined || scopesFor === undefined) return signed;
  return {
    ...signed,
    tokens: [...(signed.tokens ?? []), { shape: 'prefix', prefix: OPAQUE }],
    verifier(deps) {
      const jwts = signed.verifier(deps);
      const opaque = askedVerifier({ ...rules, cacheTtl: 30 }, asking(secretKey, options, deps), deps);
      return {
        ...jwts,
        verify: (token, ...more) => (token.startsWith(OPAQUE) ? opaque : jwts).verify(token, ...more),
      };
    },
  };
}

const ADVICE: TenantAdvice = {
  metadata: 'set CLERK_DOMAIN to the Frontend API of the instance',
  registration:
    'turn on dynamic client registration among the OAuth applications of the instance, or put our server in front of it with oidc',
};

/** Asks the Backend API about an opaque token; the answer is put as RFC 7662 §2.2 has it. */
function asking(secretKey: string, { apiUrl = 'https://api.clerk.com' }: ClerkOptions, deps: ProviderDeps) {
  const fetch = providerFetch(deps.fetch, ASKED_LIMITS);
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${secretKey}`,
  };
  return async (token: string): Promise<JsonObject> => {
    const body = JSON.stringify({ access_token: token });
    const url = `${apiUrl}/oauth_applications/access_tokens/verify`;
    const response = await fetch(url, { method: 'POST', headers, body });
    const { status } = response;
    if (status === 404) return { active: false };
    if (status === 401 || status === 403) {
      deps.log.error('clerk_secret_key_refused', { status });
      throw new Unavailable('clerk_secret_key_refused');
    }
    return asIntrospected((await readRemoteJson(response)).body);
  };
}

/** Of another kind than an access token it is inactive; without the members that say so it is no answer. */
function asIntrospected({ type, ...answer }: JsonObject): JsonObject {
  const { revoked, expired, subject, expiration, created_at: createdAt } = answer;
  if (typeof type !== 'string' || typeof revoked !== 'boolean' || typeof expired !== 'boolean') {
    throw new Unavailable('clerk_answer_unreadable');
  }
  return {
    ...answer,
    active: !revoked && !expired && type === 'oauth:access_token',
    sub: subject,
    exp: inSeconds(expiration),
    iat: inSeconds(createdAt),
  };
}

/** The API tells times in milliseconds. */
const inSeconds = (time: unknown): unknown => (typeof time === 'number' ? Math.floor(time / 1000) : time);

/** The scopes for each resource; undefined where audiences tell whom tokens are for. */
function requiredScopes(
  { requiredScopesInsteadOfAudience: given }: ClerkOptions,
  { requiredScopesInsteadOfAudience: listed }: Values,
): ((resource: string) => readonly string[]) | undefined {
  if (typeof given === 'function') return given;
  return listed.length > 0 ? () => listed : undefined;
}

/** A resource for which no scopes are told is nobody's. */
function scopeFault(claims: JsonObject, scopes: readonly string[] | undefined): string | undefined {
  if (scopes === undefined) return undefined;
  const held = claimedScopes(claims, {});
  return scopes.length > 0 && scopes.every((scope) => held.has(scope)) ? undefined : 'required_scope_missing';
}

function waysFaults(options: ClerkOptions, values: Values, byScopes: boolean): readonly string[] {
  const { tokensNameResource, acceptAudiencesInsteadOfResource: listed } = values;
  return audienceWayFaults(
    {
      CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE: byScopes,
      CLERK_TOKENS_NAME_RESOURCE: tokensNameResource,
      CLERK_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: namesAudiences(options, listed),
    },
    'CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE must name scopes of your own that tokens for this server have, for Clerk tells no audience; where a custom claim writes `aud`, see CLERK_TOKENS_NAME_RESOURCE',
  );
}

/** Every app of an instance may ask for these. */
const STANDARD = [
  'openid',
  'profile',
  'email',
  'public_metadata',
  'private_metadata',
  'offline_access',
  'user:org:read',
];

function ownScopes(value: string): readonly string[] {
  const scopes = list(value);
  const standard = scopes.filter((scope) => STANDARD.includes(scope));
  if (standard.length > 0)
    throw new Error(`must name scopes of your own, not ${standard.join(', ')}, which any app has`);
  return scopes;
}

/** What cannot stand in a header would be quoted in the fault of the request. */
function readSecretKey(value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value)) throw new Error('must be printable ASCII without spaces and line breaks');
  return value;
}
