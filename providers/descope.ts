import { ConfigError } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
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
  issuer: {
    variable: 'DESCOPE_CONFIG_URL',
    fallback: '',
    read: required(readIssuer, 'the discovery URL of your MCP server at Descope, or its issuer'),
  },
  acceptAudiencesInsteadOfResource: {
    variable: 'DESCOPE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface DescopeOptions extends DialectOptions, AudienceOptions, TokenExchangeOptions {
  /** Of the MCP server: `https://api.descope.com/v1/apps/agentic/P…/M…`, or its discovery URL (DESCOPE_CONFIG_URL). */
  readonly issuer?: string;
  /** Whether `aud` may name others than the project beside. Default false. */
  readonly allowMultiAudience?: boolean;
}

/** Clients sign people in at Descope; the access tokens of one MCP server there are checked here. */
export const descope = (options: DescopeOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'descope', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: DescopeOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { issuer, acceptAudiencesInsteadOfResource: listed } = values;
  // `/v1/apps/<project>` or `/v1/apps/agentic/<project>/<server>`, maybe under a custom domain.
  const [, project = '', server = project] = /\/v1\/apps\/(?:agentic\/)?([^/]+)(?:\/([^/]+))?$/.exec(issuer) ?? [];
  if (listed.some((audience) => audience === project)) {
    throw new ConfigError([
      'DESCOPE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name the project: every app of it has such tokens',
    ]);
  }
  return directProvider(
    {
      tenantClaim: 'dct',
      ...options,
      name: 'descope',
      issuer,
      variable: settings.issuer.variable,
      advice: ADVICE,
      audiencesFor: audiencesFrom(options, listed),
      audiencesBeside: [project, server],
      // What Descope calls sessions of your own site and what renews them.
      fault: ({ drn }) => (drn === 'DS' || drn === 'DSR' ? 'not_an_access_token' : undefined),
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set DESCOPE_CONFIG_URL to the discovery URL that the MCP server shows at Descope',
  registration: 'turn on Dynamic Client Registration or CIMD in the settings of the MCP server at Descope',
};

/** An issuer; the name of its metadata document behind it is left away. */
function readIssuer(text: string): string {
  const url = readServerUrl(text.replace(/\/\.well-known\/(?:openid-configuration|oauth-authorization-server)$/, ''));
  if (!/\/v1\/apps\/[^/?]+(?:\/[^/?]+){0,2}$/.test(url)) {
    throw new Error('must end like /v1/apps/agentic/<project>/<server>/.well-known/openid-configuration');
  }
  return url;
}
