import type { RequestHandler } from 'express';
import { Unavailable } from '../../core/errors.ts';
import type { LogFields } from '../../core/log.ts';
import { BadUpstreamAnswer, NotAdmitted } from '../../gate/upstream-provider.ts';
import { ProviderRefused } from '../upstream/exchange-fault.ts';
import { checkSignInTime } from '../upstream/sign-in-wishes.ts';
import type { UpstreamOutcome, UpstreamRequest } from '../upstream/upstream-requests.ts';
import type { Upstream, UpstreamSignIn } from '../upstream/upstream-sign-in.ts';
import { isBoundBrowser } from './browser-binding.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { callbackUrl, interactionPath } from './interaction-paths.ts';
import { forbidden, malformed } from './refused-page.ts';

/**
 * Where an identity provider sends the browser back. The state is spent by whoever brings it; only the browser that was sent,
 * at the path of the provider that it was sent to, gets any further (RFC 9700 §4.4, §4.7).
 */
export function takeCallback(options: InteractionOptions, signIn: UpstreamSignIn): RequestHandler {
  const { publicUrl, log } = options;
  return async (request, response) => {
    const parameters = new URL(request.originalUrl, publicUrl).searchParams;
    const states = parameters.getAll('state');
    const sent = states.length === 1 ? await signIn.requests.receive(states[0] ?? '') : undefined;
    if (sent === undefined) throw malformed('upstream_state');
    const upstream = signIn.upstreams.get(sent.provider);
    if (upstream === undefined || sent.provider !== request.params.provider) throw malformed('upstream_provider');
    if (!isBoundBrowser(request, publicUrl, sent.browser)) throw forbidden('upstream_browser');

    const { outcome, told } = await come(options, signIn, upstream, sent, parameters);
    log[told === undefined ? 'info' : 'warn']('came_from_provider', {
      audit: true,
      provider: upstream.name,
      ...('subject' in outcome ? { principal: outcome.subject } : { error: outcome.error }),
      ...told,
      ip: request.ip,
      request: response.locals.requestId,
    });
    await signIn.requests.settle(sent.uid, outcome, OUTCOME_LIFETIME);
    const next = `${interactionPath(publicUrl, sent.uid)}/signed-in`;
    response.set('Cache-Control', 'no-store').redirect(303, next);
  };
}

/** Seconds for the one redirect that fetches it. */
const OUTCOME_LIFETIME = 120;

interface Coming {
  readonly outcome: UpstreamOutcome;
  /** For the log, where it went wrong. */
  readonly told?: LogFields;
}

/** Turns what the provider sent along into who it was. */
async function come(
  { publicUrl, clock }: InteractionOptions,
  { identities, credentials }: UpstreamSignIn,
  upstream: Upstream,
  { secrets, allowed, wishes = {}, sentAt = 0 }: UpstreamRequest,
  parameters: URLSearchParams,
): Promise<Coming> {
  const at = clock();
  try {
    const tokens = await upstream.redeem(parameters, secrets, callbackUrl(publicUrl, upstream.name));
    checkSignInTime(upstream.provider, wishes, tokens, sentAt);
    const { subject } = await identities.keep(upstream.provider, await upstream.identify(tokens));
    await credentials.keep(subject, upstream.name, tokens);
    return { outcome: { subject, allowed, at } };
  } catch (error) {
    return failed(error, upstream);
  }
}

/** What the client is told. Nothing of the provider's own words: anybody could have written them (RFC 9700 §4.11). */
function failed(error: unknown, { title }: Upstream): Coming {
  const outcome = (code: Exclude<UpstreamOutcome, { readonly subject: string }>['error'], description: string) => ({
    error: code,
    description,
  });
  if (error instanceof NotAdmitted) {
    const words = `This account of ${title} may not sign in here.`;
    return { outcome: outcome('access_denied', words), told: { reason: error.reason } };
  }
  if (error instanceof ProviderRefused) {
    const denied = error.code === 'access_denied';
    const words = denied ? `The sign-in at ${title} was denied.` : `The sign-in at ${title} did not succeed.`;
    return { outcome: outcome(denied ? 'access_denied' : 'server_error', words), told: { reason: error.code } };
  }
  if (error instanceof Unavailable) {
    const words = `${title} does not answer. Try again later.`;
    return { outcome: outcome('temporarily_unavailable', words), told: { reason: error.reason, error } };
  }
  if (error instanceof BadUpstreamAnswer) {
    const words = `The sign-in at ${title} did not succeed.`;
    return { outcome: outcome('server_error', words), told: { reason: error.reason } };
  }
  throw error;
}
