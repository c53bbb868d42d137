import type { Request, RequestHandler, Response } from 'express';
import { randomToken } from '../../core/secrets.ts';
import { continuePage } from '../pages/continue-page.ts';
import { wishesOf } from '../upstream/sign-in-wishes.ts';
import type { Upstream, UpstreamSignIn } from '../upstream/upstream-sign-in.ts';
import { askingClient, formTargets } from './asking-client.ts';
import { audit, auditParties } from './audit.ts';
import { bindBrowser } from './browser-binding.ts';
import { deny } from './consent.ts';
import { checkFormToken, type FormPlace, formToken } from './form-token.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { callbackUrl, interactionPath } from './interaction-paths.ts';
import { describeScopes } from './offered-scopes.ts';
import { type OpenInteraction, openInteraction } from './open-interaction.ts';
import { malformed } from './refused-page.ts';
import { sendPage } from './send-page.ts';

const continuePlace = ({ interaction }: OpenInteraction): FormPlace => ({
  id: interaction.uid,
  step: 'continue',
  accountId: interaction.session?.accountId,
});

/** Who will sign in is not known yet: what they may not hand out is left out when they come back. */
const offered = ({ requested, resource }: OpenInteraction): readonly string[] =>
  requested.filter((scope) => resource.scopes.has(scope));

/** Shows the page that asks for consent before a sign-in elsewhere. */
export async function showContinue(
  options: InteractionOptions,
  { upstreams }: UpstreamSignIn,
  open: OpenInteraction,
  response: Response,
  problem?: string,
): Promise<void> {
  const { branding, publicUrl, store, ownAccounts = false } = options;
  const path = interactionPath(publicUrl, open.interaction.uid);
  const page = continuePage({
    branding,
    action: `${path}/continue`,
    form: await formToken(store, continuePlace(open), open.ttl),
    client: askingClient(open.client, open.redirectUri),
    resource: open.resource,
    scopes: describeScopes({ scopes: offered(open) }, open.resource, new Set()),
    upstreams: upstreams.values(),
    ...(ownAccounts && { signInHere: `${path}/sign-in` }),
    formTargets: [...formTargets(open.redirectUri, 'consent'), ...(await originsOf(upstreams.values(), options))],
    ...(problem !== undefined && { problem }),
  });
  sendPage(response, page);
}

/** Takes the decision and sends the browser on. Rejects with Unavailable where the provider cannot be found. */
export function takeContinue(options: InteractionOptions, signIn: UpstreamSignIn): RequestHandler {
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    await checkFormToken(options.store, continuePlace(open), request.body?.form);
    const { provider: name, decision } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (decision === 'deny') return deny(options, open, request, response, 'denied');
    const upstream = typeof name === 'string' ? signIn.upstreams.get(name) : undefined;
    if (upstream === undefined) throw malformed('provider');

    const ticked = new Set<unknown>([request.body?.scope].flat());
    const allowed = offered(open).filter((scope) => ticked.has(scope));
    if (allowed.length === 0 && offered(open).length > 0) {
      return showContinue(options, signIn, open, response, 'Choose at least one of the permissions, or deny.');
    }
    await send(options, signIn, upstream, { open, allowed }, request, response);
  };
}

async function send(
  { publicUrl, clock, log }: InteractionOptions,
  { requests }: UpstreamSignIn,
  upstream: Upstream,
  { open, allowed }: { readonly open: OpenInteraction; readonly allowed: readonly string[] },
  request: Request,
  response: Response,
): Promise<void> {
  const secrets = { state: randomToken(), nonce: randomToken(), verifier: randomToken() };
  const wishes = wishesOf(open.interaction);
  const back = callbackUrl(publicUrl, upstream.name);
  const url = await upstream.authorizationUrl(secrets, back, open.resource.uri, wishes);
  const browser = bindBrowser(request, response, publicUrl);
  const { uid } = open.interaction;
  const sent = { provider: upstream.name, uid, browser, secrets, allowed, wishes, sentAt: clock() };
  await requests.send(sent, open.ttl);
  audit(log, 'sent_to_provider', request, response, {
    ...auditParties(open),
    provider: upstream.name,
    scopes: allowed,
  });
  response.set('Cache-Control', 'no-store').redirect(303, url.href);
}

/** Browsers hold `form-action` against the redirect that follows the form. A provider that is out is found out later. */
async function originsOf(upstreams: Iterable<Upstream>, { log }: InteractionOptions): Promise<readonly string[]> {
  const pages = await Promise.allSettled([...upstreams].map((upstream) => upstream.signInPage()));
  return pages.flatMap((page) => {
    if (page.status === 'fulfilled') return [page.value.origin];
    log.warn('provider_unreachable', { error: page.reason });
    return [];
  });
}
