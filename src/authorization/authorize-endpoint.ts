import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Log } from '../core/log.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { authorizationResponse, responseParameters } from './authorization-response.ts';
import { authorizeRequest, echoedState } from './authorize-request.ts';
import type { ClientRecords } from './client-records.ts';
import { isLoopbackRedirect } from './clients/redirect-uri.ts';
import { type Form, readForm, writeForm } from './form.ts';
import { checkResumed } from './interactions/finish.ts';
import { describable, type Endpoint } from './json-endpoint.ts';
import { addressOf, type RequestLimits } from './request-limits.ts';

/** What the authorization endpoint works with. */
export interface AuthorizeParts {
  readonly publicUrl: URL;
  readonly provider: Provider;
  readonly resources: ReadonlyMap<string, ProtectedResource>;
  readonly clients: ClientRecords;
  readonly limits: RequestLimits;
  /** Shows a page for a fault of ours. */
  readonly showError: (ctx: KoaContextWithOIDC, out: unknown, error: Error) => Promise<void>;
  readonly log: Log;
}

/**
 * In front of `/authorize` and what resumes it: the request is checked and put into its plain form here, so that
 * oidc-provider meets nothing unusual. Refusals go to the client in the query, with `state` and `iss` (RFC 9207 §2).
 */
export function authorizeEndpoint(parts: AuthorizeParts): Endpoint {
  return async (ctx, next) => {
    // A look at the headers must not move anything (RFC 9110 §9.2.1).
    if (ctx.method === 'HEAD') return answerHead(ctx);
    try {
      await parts.limits.stranger(ctx.path === '/authorize' ? 'authorize' : 'pages', addressOf(ctx));
      if (ctx.path === '/authorize' && (await checkRequest(ctx, parts)) === 'refused') return;
      if (ctx.path !== '/authorize') await checkResumed(ctx, parts.provider, parts.publicUrl);
      await next();
      await completeResponse(ctx, parts.clients);
    } catch (error) {
      ctx.remove('Location');
      await parts.showError(ctx, undefined, error instanceof Error ? error : new Error('unknown', { cause: error }));
    }
  };
}

/** Whether this request still goes where its client may be answered. Asked again each time before a code is made. */
export const redirectIsAllowed = ({ oidc }: KoaContextWithOIDC): boolean =>
  oidc.client?.redirectUriAllowed(String(oidc.params?.redirect_uri)) === true;

function answerHead(ctx: KoaContextWithOIDC): void {
  ctx.status = 200;
  ctx.set('Cache-Control', 'no-store');
}

async function checkRequest(
  ctx: KoaContextWithOIDC,
  { provider, resources, log }: AuthorizeParts,
): Promise<'refused' | 'checked'> {
  const form = readForm(ctx.querystring);
  const target = form && (await responseTarget(form, provider));
  // Without a client and a redirect URI to trust there is nobody to answer: oidc-provider shows the page that says so.
  if (form === undefined || target === undefined) {
    replaceQuery(ctx, pageOnlyQuery(form));
    return 'checked';
  }
  try {
    const { parameters, maxAge } = authorizeRequest(form, resources);
    replaceQuery(ctx, writeForm(new Map([...parameters, ['redirect_uri', target]])));
    if (maxAge !== undefined) ctx.state.maxAge = maxAge;
    return 'checked';
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    const { error: code, error_description: reason } = error;
    const request = ctx.response.get('x-request-id');
    log.info('authorization_refused', { request, client: form.values.get('client_id'), error: code, reason });
    redirectError(ctx, target, error, { issuer: provider.issuer, state: echoedState(form) });
    return 'refused';
  }
}

/** The redirect URI to answer to, once client and redirect URI are known to belong together (OAuth 2.1 §4.1.1). */
async function responseTarget({ values, repeated, malformed }: Form, provider: Provider): Promise<string | undefined> {
  const clientId = values.get('client_id');
  const unsure = ['client_id', 'redirect_uri'].some((name) => repeated.has(name) || malformed.has(name));
  if (clientId === undefined || unsure) return undefined;
  const client = await findClient(provider, clientId);
  const redirectUri = values.get('redirect_uri') ?? onlyRedirectUri(client);
  return redirectUri !== undefined && client?.redirectUriAllowed(redirectUri) === true ? redirectUri : undefined;
}

/** Undefined also for a client that cannot be used: oidc-provider meets the same fault and says so. */
async function findClient(provider: Provider, clientId: string): Promise<Client | undefined> {
  try {
    return await provider.Client.find(clientId);
  } catch (error) {
    if (error instanceof errors.OIDCProviderError) return undefined;
    throw error;
  }
}

/** A loopback redirect is registered without its port, so it cannot be filled in. */
function onlyRedirectUri(client: Client | undefined): string | undefined {
  const [only, ...others] = client?.redirectUris ?? [];
  return only !== undefined && others.length === 0 && !isLoopbackRedirect(only) ? only : undefined;
}

/** What is left of a request that ends on a page: enough for oidc-provider to see why, too little to go on. */
function pageOnlyQuery(form: Form | undefined): string {
  const clientId = form?.repeated.has('client_id') ? undefined : form?.values.get('client_id');
  return writeForm([...(clientId === undefined ? [] : [['client_id', clientId] as const]), ['redirect_uri', 'about:']]);
}

function redirectError(
  ctx: KoaContextWithOIDC,
  redirectUri: string,
  error: errors.OIDCProviderError,
  { issuer, state }: { readonly issuer: string; readonly state: string | undefined },
): void {
  const location = authorizationResponse(redirectUri, {
    error: error.error,
    ...(error.error_description !== undefined && { error_description: describable(error.error_description) }),
    ...(state !== undefined && { state }),
    iss: issuer,
  });
  ctx.status = 303;
  ctx.set({ Location: location, 'Cache-Control': 'no-store' });
}

/** oidc-provider finds its own base by the URL as it came, so both change together. */
function replaceQuery(ctx: KoaContextWithOIDC, query: string): void {
  const request = ctx.req as { originalUrl?: string };
  const base = (request.originalUrl ?? '').slice(0, -(ctx.req.url ?? '').length || undefined);
  ctx.querystring = query;
  request.originalUrl = `${base}${ctx.req.url}`;
}

/** oidc-provider writes the redirect URI anew; what the client has registered is kept byte for byte instead. */
async function completeResponse(ctx: KoaContextWithOIDC, clients: ClientRecords): Promise<void> {
  const location = ctx.response.get('location');
  const redirectUri = ctx.oidc?.params?.redirect_uri;
  if (!answersClient(location) || typeof redirectUri !== 'string') return;
  const parameters = responseParameters(location);
  ctx.set('Location', authorizationResponse(redirectUri, parameters));
  if (parameters.code !== undefined && ctx.oidc.client !== undefined) await clients.renew(ctx.oidc.client.clientId);
}

/** Every response to a client names the issuer (RFC 9207 §2); the way to our own pages does not. */
const answersClient = (location: string): boolean =>
  URL.canParse(location) && new URL(location).searchParams.has('iss');
