import { readServerUrl } from '../src/core/server-url.ts';
import { list, required, type ValuesOf } from '../src/core/setting.ts';
import { type AudienceOptions, audiencesFrom } from '../src/gate/audience-setting.ts';
import type { JsonObject } from '../src/gate/compact-jws.ts';
import { type DialectOptions, directProvider } from '../src/gate/direct-provider.ts';
import type { DirectProvider } from '../src/gate/provider.ts';
import type { TenantAdvice } from '../src/gate/provider-finding.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import type { TokenExchangeOptions } from '../src/gate/token-exchange.ts';

const settings = {
  issuer: {
    variable: 'KEYCLOAK_ISSUER',
    fallback: '',
    read: required(readRealm, 'the URL of your realm, such as https://id.example.com/realms/acme'),
  },
  acceptAudiencesInsteadOfResource: {
    variable: 'KEYCLOAK_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface KeycloakOptions extends DialectOptions, AudienceOptions, TokenExchangeOptions {
  /** The URL of the realm, as its metadata spells it (KEYCLOAK_ISSUER). */
  readonly issuer?: string;
  /** Scopes that a realm role brings along. Default none: roles are the person's, whatever the client was allowed. */
  readonly scopesOfRoles?: Readonly<Record<string, readonly string[]>>;
  /** Whether `aud` may name other clients of the realm beside. Default false; `account` may always. */
  readonly allowMultiAudience?: boolean;
}

/** Clients sign people in at a realm of Keycloak; its access tokens are checked here. */
export const keycloak = (options: KeycloakOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'keycloak', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: KeycloakOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { tenantClaim = 'organization', scopeClaims = [], scopesOfRoles = {}, exchange } = options;
  return directProvider(
    {
      ...options,
      name: 'keycloak',
      issuer: values.issuer,
      variable: settings.issuer.variable,
      types: ['JWT', 'at+jwt'],
      audiencesFor: audiencesFrom(options, values.acceptAudiencesInsteadOfResource),
      // Every token of somebody who may see their own account names it; and our app must be named to exchange it.
      audiencesBeside: ['account', ...(exchange ? [exchange.clientId] : [])],
      tenantClaim,
      scopeClaims: [...scopeClaims, OF_ROLES],
      translate: (claims) => ({
        ...claims,
        name: claims.name ?? claims.preferred_username,
        [tenantClaim]: onlyName(claims[tenantClaim]),
        [OF_ROLES]: rolesOf(claims).flatMap((role) =>
          Object.hasOwn(scopesOfRoles, role) ? (scopesOfRoles[role] ?? []) : [],
        ),
      }),
      isMachine: ({ preferred_username: name, azp }) => name === `service-account-${String(azp).toLowerCase()}`,
      // In the payload: ID, refresh and access tokens are signed by one key, and may be for one audience.
      fault: ({ typ }) => (typ === 'Bearer' ? undefined : 'not_an_access_token'),
      advice: ADVICE,
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set KEYCLOAK_ISSUER to what the realm calls itself, and KC_HOSTNAME where Keycloak is behind a proxy',
  registration: 'allow it under Clients › Client registration of the realm, or put our server in front of it with oidc',
  issuer_parameter: 'upgrade Keycloak, whose current versions do',
};

/** Where scopes of roles stand once the claims are translated. */
const OF_ROLES = 'scopes_of_roles';

function rolesOf({ realm_access: access }: JsonObject): readonly string[] {
  const roles: unknown = typeof access === 'object' && access !== null && 'roles' in access ? access.roles : [];
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}

/** Organizations are a list, or an object by name; somebody of several is of none in particular. */
function onlyName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const names: readonly unknown[] = Array.isArray(value) ? value : Object.keys(value);
  return names.length === 1 ? names[0] : undefined;
}

function readRealm(text: string): string {
  if (!/\/realms\/[^/]+$/.test(new URL(readServerUrl(text)).pathname)) {
    throw new Error('must be the URL of a realm, such as https://id.example.com/realms/acme');
  }
  return text;
}
