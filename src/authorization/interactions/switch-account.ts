import type { RequestHandler } from 'express';
import { audit, auditParties } from './audit.ts';
import { consentPlace } from './consent.ts';
import { claimAnswer } from './finish.ts';
import { checkFormToken } from './form-token.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { browserSession, openInteraction } from './open-interaction.ts';

/** "Not you?": signs out on this browser and starts the same request anew, from what is stored of it. */
export function takeSwitchAccount(options: InteractionOptions): RequestHandler {
  const { provider, store, log } = options;
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    await checkFormToken(store, consentPlace(open), request.body?.form);
    await claimAnswer(options, open);
    const session = await browserSession(provider, request, response);
    await session.destroy();
    await open.interaction.destroy();
    audit(log, 'account_switched', request, response, { ...auditParties(open), principal: session.accountId });
    const query = authorizationQuery(open.interaction.params);
    // Where people sign in elsewhere, that place must ask again, or it sends the same person back.
    query.set('prompt', [...new Set([...(query.get('prompt') ?? '').split(' ').filter(Boolean), 'login'])].join(' '));
    response.set('Cache-Control', 'no-store').redirect(303, `${provider.pathFor('authorization')}?${query}`);
  };
}

function authorizationQuery(params: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) query.append(name, String(each));
    }
  }
  return query;
}
