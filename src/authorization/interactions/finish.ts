import type { Request, Response } from 'express';
import { errors, type InteractionResults, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { bindBrowser, isBoundBrowser } from './browser-binding.ts';
import type { InteractionOptions } from './interaction-options.ts';
import type { OpenInteraction } from './open-interaction.ts';
import { answered } from './refused-page.ts';

/** Makes this answer the one that counts. Of many at once exactly one goes on; the rest get a 409 page. */
export async function claimAnswer({ store }: InteractionOptions, { interaction, ttl }: OpenInteraction): Promise<void> {
  const first = await store.putIfAbsent(`interaction_answer:${interaction.uid}`, '1', ttl + 60);
  if (!first) throw answered('interaction_answered');
}

/** Hands the result to the provider and sends this very browser on to it. The answer must have been claimed. */
export async function finish(
  { provider, publicUrl }: InteractionOptions,
  request: Request,
  response: Response,
  result: InteractionResults,
): Promise<void> {
  const browser = bindBrowser(request, response, publicUrl);
  const returnTo = await provider.interactionResult(request, response, { ...result, browser });
  // Only the path: the provider has taken the origin from the request.
  response.set('Cache-Control', 'no-store').redirect(303, new URL(returnTo).pathname);
}

/**
 * Refuses to go on in another browser than the one that answered. The cookies that the provider looks at stand at a path,
 * so that a sibling host can plant them: whoever had answered could sign others in as themselves.
 */
export async function checkResumed(ctx: KoaContextWithOIDC, provider: Provider, publicUrl: URL): Promise<void> {
  const uid = ctx.cookies.get(provider.cookieName('resume'), { signed: true });
  const { result } = (uid === undefined ? undefined : await provider.Interaction.find(uid)) ?? {};
  if (result === undefined) return;
  const { browser } = result;
  if (typeof browser === 'string' && isBoundBrowser(ctx, publicUrl, browser)) return;
  throw new errors.SessionNotFound('the page was answered in another browser');
}
