import { ConfigError } from '../src/core/errors.ts';
import { readServerDomain } from '../src/core/server-url.ts';
import { list, optional, required, text, type ValuesOf } from '../src/core/setting.ts';
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
    variable: 'WORKOS_AUTHKIT_DOMAIN',
    fallback: '',
    read: required(readAuthkit, 'the AuthKit domain, such as acme.authkit.app'),
  },
  environmentClientId: { variable: 'WORKOS_CLIENT_ID', fallback: '', read: optional(text) },
  machinesWithoutResource: { variable: 'WORKOS_MACHINES_WITHOUT_RESOURCE', fallback: '', read: list },
};

/** What is left out is read from the variable in brackets. */
export interface WorkosOptions extends DialectOptions, TokenExchangeOptions {
  /** The AuthKit domain, or your own for it (WORKOS_AUTHKIT_DOMAIN). */
  readonly domain?: string;
  /** The client id of the environment, which stands in `aud` where no resource was asked for (WORKOS_CLIENT_ID). */
  readonly environmentClientId?: string;
  /**
   * Ids of machine applications that come in though their tokens name the environment, never a resource: such a token is
   * good for every mount (WORKOS_MACHINES_WITHOUT_RESOURCE).
   */
  readonly machinesWithoutResource?: readonly string[];
}

/** Clients sign people in at WorkOS AuthKit; its access tokens are checked here. */
export const workos = (options: WorkosOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'workos', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: WorkosOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { domain: issuer, environmentClientId: environment, machinesWithoutResource: machines } = values;
  if (machines.length > 0 && environment === undefined) {
    throw new ConfigError(['WORKOS_CLIENT_ID must be set: tokens of WORKOS_MACHINES_WITHOUT_RESOURCE name it']);
  }
  const environments = machines.length > 0 && environment !== undefined ? [environment] : [];
  return directProvider(
    {
      ...options,
      ...(options.exchange && { exchange: { clientAuth: 'post', ...options.exchange } }),
      name: 'workos',
      issuer,
      variable: settings.domain.variable,
      advice: ADVICE,
      audiencesFor: (resource) => [resource, ...environments],
      // Every app of the environment has tokens with this audience: only machines that were named come in with it.
      fault: ({ aud, sub, client_id: client, sid }) => {
        if (!environments.some((each) => [aud].flat().includes(each))) return undefined;
        if (sub !== client || sid !== undefined) return 'no_resource';
        return machines.some((each) => each === client) ? undefined : 'machine_not_listed';
      },
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set WORKOS_AUTHKIT_DOMAIN to the AuthKit domain that clients sign in at',
  registration:
    'turn on Dynamic Client Registration or Client ID Metadata Document under Connect › Configuration, or put our server in front of it with oidc',
};

function readAuthkit(text: string): string {
  const url = readServerDomain(text);
  if (new URL(url).host === 'api.workos.com') {
    throw new Error(
      'must be the AuthKit domain: api.workos.com gives sessions for your own site, which are no access tokens',
    );
  }
  return url;
}
