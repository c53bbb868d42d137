import type { RequestHandler } from 'express';
import type { UpstreamSignIn } from '../upstream/upstream-sign-in.ts';
import { audit, auditParties } from './audit.ts';
import { allow } from './consent.ts';
import { claimAnswer, finish } from './finish.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { offerScopes } from './offered-scopes.ts';
import { openInteraction } from './open-interaction.ts';
import { gone } from './refused-page.ts';
import { leaveOtherAccount } from './sign-in.ts';

/**
 * Ends a sign-in elsewhere in the browser that it was begun in: with the sign-in and with what was allowed before it, as far
 * as this person may hand it out. Where that is nothing, the consent page says so.
 */
export function takeSignedIn(options: InteractionOptions, { requests }: UpstreamSignIn): RequestHandler {
  const { accounts, log } = options;
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    const outcome = await requests.outcome(open.interaction.uid);
    if (outcome === undefined) throw gone('upstream_outcome');
    await claimAnswer(options, open);
    if ('error' in outcome) {
      const { error, description } = outcome;
      audit(log, 'sign_in_failed', request, response, { ...auditParties(open), reason: error });
      return finish(options, request, response, { error, error_description: description });
    }
    const account = await accounts.find(outcome.subject);
    if (account === undefined) throw gone('account_gone');
    await leaveOtherAccount(options, open, account, request, response);
    const facts = { ...auditParties(open), principal: account.subject };
    audit(log, 'sign_in_succeeded', request, response, facts);
    const login = { accountId: account.subject, amr: ['fed'], ...(outcome.at !== undefined && { ts: outcome.at }) };
    const { scopes, nothingAllowed } = offerScopes(open.requested, open.resource, account);
    const allowed = scopes.filter((scope) => outcome.allowed.includes(scope));
    if (nothingAllowed || (allowed.length === 0 && scopes.length > 0))
      return finish(options, request, response, { login });
    const grantId = await allow(options, open, account, allowed);
    audit(log, 'consent_granted', request, response, { ...facts, scopes: allowed });
    await finish(options, request, response, { login, consent: { grantId } });
  };
}
