import { ConfigError } from '../src/core/errors.ts';
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
import { issuerOf } from '../src/gate/verifier-chain.ts';

const settings = {
  environmentUrl: {
    variable: 'SCALEKIT_ENVIRONMENT_URL',
    fallback: '',
    read: required(readServerDomain, 'the URL of your environment, such as https://acme.scalekit.com'),
  },
  resourceId: {
    variable: 'SCALEKIT_RESOURCE_ID',
    fallback: '',
    read: required(readResourceId, 'the id of your MCP server there, res_…'),
  },
  acceptAudiencesInsteadOfResource: {
    variable: 'SCALEKIT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface ScalekitOptions extends DialectOptions, AudienceOptions {
  /** Where your environment is (SCALEKIT_ENVIRONMENT_URL). */
  readonly environmentUrl?: string;
  /** The id of your MCP server there, `res_…` (SCALEKIT_RESOURCE_ID). */
  readonly resourceId?: string;
  /** Where the keys of the environment are. Default `<environment>/keys`. */
  readonly jwksUrl?: string;
  /** Whether `aud` may name others than that id beside. Default false. */
  readonly allowMultiAudience?: boolean;
  /** Whether tokens may still name the environment as their issuer. Default true; two providers of one environment say false. */
  readonly environmentIssuer?: boolean;
}

/** Clients sign people in at Scalekit; the access tokens of one MCP server there are checked here. */
export const scalekit = (options: ScalekitOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'scalekit', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: ScalekitOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { environmentUrl, resourceId, acceptAudiencesInsteadOfResource: listed } = values;
  if (listed.some((audience) => audience.startsWith('skc_'))) {
    throw new ConfigError([
      'SCALEKIT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name a client (skc_…): sessions of your own site name it',
    ]);
  }
  const dialect = {
    // An organisation, though elsewhere this names a person.
    tenantClaim: 'oid',
    jwksUrl: `${environmentUrl}/keys`,
    ...options,
    name: 'scalekit',
    variable: settings.environmentUrl.variable,
    advice: ADVICE,
    audiencesFor: audiencesFrom(options, listed),
    audiencesBeside: [resourceId],
  };
  const scoped = directProvider({ ...dialect, issuer: `${environmentUrl}/resources/${resourceId}` }, mode);
  if (options.environmentIssuer === false) return scoped;
  return underOneName(scoped, directProvider({ ...dialect, issuer: environmentUrl }, mode));
}

const ADVICE: TenantAdvice = {
  metadata: 'compare SCALEKIT_ENVIRONMENT_URL and SCALEKIT_RESOURCE_ID with what the MCP server shows at Scalekit',
  registration: 'turn on dynamic client registration or CIMD at the MCP server at Scalekit',
};

/** Takes what an issuer signs under the name that it had before. A caller stays the same, whichever name the token has. */
function underOneName(provider: DirectProvider, before: DirectProvider): DirectProvider {
  return {
    ...provider,
    tokens: [...(provider.tokens ?? []), ...(before.tokens ?? [])],
    verifier(deps) {
      const now = provider.verifier(deps);
      const then = before.verifier(deps);
      return {
        ...now,
        async verify(token, resource, key) {
          if (issuerOf(token) !== before.issuer) return now.verify(token, resource, key);
          return Object.freeze({ ...(await then.verify(token, resource, key)), issuer: provider.issuer });
        },
      };
    },
  };
}

function readResourceId(text: string): string {
  if (!/^res_[\w-]{1,100}$/.test(text)) throw new Error('must be the id of an MCP server, res_…');
  return text;
}
