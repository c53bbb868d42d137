import type { EventEmitter } from 'node:events';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Log } from '../core/log.ts';
import { publishedUrl } from '../core/public-url.ts';
import { applyClientRules } from './client-rules.ts';
import type { RegistrationPolicy } from './clients/registration-policy.ts';
import type { Endpoint, FaultOf } from './json-endpoint.ts';
import { type ProviderParts, providerSettings } from './provider-settings.ts';

/** What a provider is built from. */
export interface BuildProviderParts extends ProviderParts {
  readonly policy: RegistrationPolicy;
  readonly log: Log;
}

/** oidc-provider with our settings and rules, and a way to learn what is behind a `server_error` of its own. */
export function buildProvider(parts: BuildProviderParts): { readonly provider: Provider; readonly faultOf: FaultOf } {
  const provider = new Provider(publishedUrl(parts.publicUrl), providerSettings(parts));
  // What the request claims to have come to was replaced by the public URL before it gets here.
  provider.proxy = true;
  provider.silent = true;
  applyClientRules(provider, parts.policy);
  const faults = new WeakMap<object, Error>();
  provider.on('server_error', (ctx, error) => faults.set(ctx, error));
  const emitter: EventEmitter = provider;
  emitter.on('error', (error: unknown) => parts.log.error('provider_failed', { error }));
  logRefusals(provider, parts.log);
  logReplays(provider, parts.log);
  logIssued(provider, parts.log);
  return { provider, faultOf: (ctx) => faults.get(ctx) };
}

/** Sends each path through its endpoint on the way into oidc-provider. */
export function serveEndpoints(provider: Provider, endpoints: ReadonlyMap<string, Endpoint>): void {
  provider.use(async (ctx, next) => {
    const first = `/${ctx.path.split('/')[1] ?? ''}`;
    const endpoint = endpoints.get(first);
    return endpoint === undefined ? next() : endpoint(ctx as KoaContextWithOIDC, next);
  });
}

/** Tells of every second use, whichever of its two ways it is found out. */
function logReplays(provider: Provider, log: Log): void {
  provider.on('grant.revoked', (ctx, grant) => {
    const event = ctx.oidc.params?.grant_type === 'refresh_token' ? 'refresh_replay' : 'code_replay';
    log.warn(event, { client: ctx.oidc.client?.clientId, grant });
  });
}

function logIssued(provider: Provider, log: Log): void {
  provider.on('grant.success', ({ oidc }) => {
    const { AccessToken: person, ClientCredentials: machine } = oidc.entities;
    const facts = { principal: person?.accountId ?? machine?.clientId, grant: person?.grantId };
    log.info('token_issued', { client: oidc.client?.clientId, grant_type: oidc.params?.grant_type, ...facts });
  });
  provider.on('registration_create.success', (_ctx, client) =>
    log.info('client_registered', { client: client.clientId, name: client.clientName }),
  );
  provider.on('registration_delete.success', (_ctx, client) => log.info('client_removed', { client: client.clientId }));
}

/** The reason stays with us: the caller hears the code and a general sentence (RFC 9700 §4). */
function logRefusals(provider: Provider, log: Log): void {
  const tell = (event: string) => (ctx: KoaContextWithOIDC, error: Error) => {
    if (!(error instanceof errors.OIDCProviderError)) return;
    const { error: code, error_detail: detail, error_description: description } = error;
    const request = ctx.response.get('x-request-id');
    log.info(event, { request, client: ctx.oidc.client?.clientId, error: code, reason: detail ?? description });
  };
  provider.on('grant.error', tell('token_refused'));
  provider.on('authorization.error', tell('authorization_refused'));
  provider.on('revocation.error', tell('revocation_refused'));
  provider.on('introspection.error', tell('introspection_refused'));
  provider.on('registration_create.error', tell('registration_refused'));
}
