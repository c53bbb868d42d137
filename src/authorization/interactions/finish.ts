import type { Request, Response } from 'express';
import type { InteractionResults } from 'oidc-provider';
import type { InteractionOptions } from './interaction-options.ts';
import type { OpenInteraction } from './open-interaction.ts';
import { answered } from './refused-page.ts';

/** Makes this answer the one that counts. Of many at once exactly one goes on; the rest get a 409 page. */
export async function claimAnswer({ store }: InteractionOptions, { interaction, ttl }: OpenInteraction): Promise<void> {
  const first = await store.putIfAbsent(`interaction_answer:${interaction.uid}`, '1', ttl + 60);
  if (!first) throw answered('interaction_answered');
}

/** Hands the result to the provider and sends the browser on to it. The answer must have been claimed. */
export async function finish(
  { provider }: InteractionOptions,
  request: Request,
  response: Response,
  result: InteractionResults,
): Promise<void> {
  const returnTo = await provider.interactionResult(request, response, result);
  // Only the path: the provider has taken the origin from the request.
  response.set('Cache-Control', 'no-store').redirect(303, new URL(returnTo).pathname);
}
