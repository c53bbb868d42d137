import { readServerDomain } from '../src/core/server-url.ts';
import { list, required, type ValuesOf } from '../src/core/setting.ts';
import { type AudienceOptions, audiencesFrom } from '../src/gate/audience-setting.ts';
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
  domain: {
    variable: 'AUTH0_DOMAIN',
    fallback: '',
    read: required(readIssuer, 'the domain that clients sign in at, such as acme.eu.auth0.com'),
  },
  acceptAudiencesInsteadOfResource: {
    variable: 'AUTH0_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface Auth0Options extends DialectOptions, AudienceOptions, TokenExchangeOptions {
  /** Of the tenant, or your custom domain: the one that clients sign in at, for tokens name it (AUTH0_DOMAIN). */
  readonly domain?: string;
  /** Whether `permissions` (RBAC) count as scopes beside `scope`. Default true. */
  readonly permissions?: boolean;
}

/** Clients sign people in at Auth0; its access tokens are checked here. */
export const auth0 = (options: Auth0Options = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'auth0', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: Auth0Options, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { domain: issuer } = values;
  const { permissions = true, scopeClaims = [], exchange } = options;
  return directProvider(
    {
      ...options,
      name: 'auth0',
      issuer,
      ...(exchange && { exchange: { clientAuth: 'post', ...exchange } }),
      variable: settings.domain.variable,
      types: ['at+jwt', 'JWT'],
      audiencesFor: audiencesFrom(options, values.acceptAudiencesInsteadOfResource),
      // Named beside the API where a client asks for `openid`.
      audiencesBeside: [`${issuer}userinfo`],
      scopeClaims: permissions ? ['permissions', ...scopeClaims] : scopeClaims,
      isMachine: ({ sub, gty, azp, client_id }) =>
        gty === 'client-credentials' || sub === `${azp ?? client_id}@clients`,
      // For whom no audience is asked, a token comes that only Auth0 itself can read.
      opaque: 'audience_missing',
      advice: ADVICE,
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set AUTH0_DOMAIN to the domain that clients sign in at, your custom domain if there is one',
  registration:
    'turn on OIDC Dynamic Application Registration under Settings › Advanced of the tenant, or put our server in front of it with oidc',
  issuer_parameter: 'turn on Include Issuer in Authorization Responses under Settings › Advanced of the tenant',
};

/** The issuer is the domain's URL with a slash at its end. */
function readIssuer(text: string): string {
  return `${readServerDomain(text)}/`;
}
