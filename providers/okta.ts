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
    variable: 'OKTA_ISSUER',
    fallback: '',
    read: required(readCustomServer, 'the issuer of a custom authorization server'),
  },
  clients: { variable: 'OKTA_CLIENTS', fallback: '', read: list },
  acceptAudiencesInsteadOfResource: {
    variable: 'OKTA_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
};

/** What is left out is read from the variable in brackets. */
export interface OktaOptions extends DialectOptions, AudienceOptions, TokenExchangeOptions {
  /** Of a custom authorization server, such as `https://acme.okta.com/oauth2/aus1…` (OKTA_ISSUER). */
  readonly issuer?: string;
  /** The client ids whose tokens are taken (OKTA_CLIENTS). Default: all; needed with the audience `api://default`. */
  readonly clients?: readonly string[];
}

/** What the audience of Okta's own authorization server is: tokens for it are given to every app of the organization. */
const SHARED = 'api://default';

/** Clients sign people in at a custom authorization server of Okta; its access tokens are checked here. */
export const okta = (options: OktaOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'okta', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: OktaOptions, values: ValuesOf<typeof settings>, mode: ProviderMode): DirectProvider {
  const { issuer, clients, acceptAudiencesInsteadOfResource: audiences } = values;
  if (audiences.includes(SHARED) && clients.length === 0) {
    throw new ConfigError([
      `OKTA_CLIENTS must name the clients whose tokens are taken: every app of your organization gets tokens for ${SHARED}`,
    ]);
  }
  return directProvider(
    {
      ...options,
      name: 'okta',
      issuer,
      variable: settings.issuer.variable,
      audiencesFor: audiencesFrom(options, audiences),
      // `sub` is the login, which may change and be given to somebody else.
      translate: (claims) => ({ ...claims, sub: typeof claims.uid === 'string' ? claims.uid : claims.sub }),
      isMachine: ({ uid }) => typeof uid !== 'string',
      fault({ jti, cid, aud, uid, sub }) {
        if (typeof jti === 'string' && jti.startsWith('ID.')) return 'not_an_access_token';
        if (typeof uid !== 'string' && sub !== cid) return 'no_user_id';
        if (clients.length > 0) return clients.some((client) => client === cid) ? undefined : 'client_not_allowed';
        return [aud].flat().includes(SHARED) ? 'shared_audience' : undefined;
      },
      advice: ADVICE,
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set OKTA_ISSUER to the Issuer URI under Security › API of your organization',
  registersNobody: true,
  registration:
    'Okta’s registration takes API tokens alone, so create an OIDC app integration for each client, or put our server in front of it with oidc',
};

function readCustomServer(text: string): string {
  if (!/^\/oauth2\/(?!v1$)[^/]+$/.test(new URL(readServerUrl(text)).pathname)) {
    throw new Error(
      'must be the issuer of a custom authorization server, such as https://acme.okta.com/oauth2/default: tokens of the organization’s own server are for Okta’s API alone',
    );
  }
  return text;
}
