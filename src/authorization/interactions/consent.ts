import type { Request, RequestHandler, Response } from 'express';
import type { Account } from '../accounts/account.ts';
import { consentPage } from '../pages/consent-page.ts';
import { noAccessPage } from '../pages/no-access-page.ts';
import { askingClient, formTargets } from './asking-client.ts';
import { audit, auditParties } from './audit.ts';
import type { ConsentSubject } from './consent-memory.ts';
import { claimAnswer, finish } from './finish.ts';
import { checkFormToken, type FormPlace, formToken } from './form-token.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { interactionPath } from './interaction-paths.ts';
import { newGrant } from './new-grant.ts';
import { describeScopes, inPlainWords, type Offer, offerScopes } from './offered-scopes.ts';
import { leaveSession, type OpenInteraction, openInteraction } from './open-interaction.ts';
import { malformed } from './refused-page.ts';
import { sendPage } from './send-page.ts';

/** The place of both forms on the consent page. */
export const consentPlace = ({ interaction }: OpenInteraction): FormPlace => ({
  id: interaction.uid,
  step: 'consent',
  accountId: interaction.session?.accountId,
});

const subjectOf = ({ client, redirectUri, resource }: OpenInteraction, account: Account): ConsentSubject => ({
  accountId: account.subject,
  clientId: client.clientId,
  redirectUri,
  resource: resource.uri,
});

const accountOf = ({ accounts }: InteractionOptions, { interaction }: OpenInteraction): Promise<Account | undefined> =>
  accounts.find(interaction.session?.accountId ?? '');

/** Shows the consent page, or the one that says that this account has nothing to allow. */
export async function showConsent(
  options: InteractionOptions,
  open: OpenInteraction,
  request: Request,
  response: Response,
  problem?: string,
): Promise<void> {
  const { branding, publicUrl, store, memory } = options;
  const account = await accountOf(options, open);
  if (account === undefined) return deny(options, open, request, response, 'account_gone');
  const offer = offerScopes(open.requested, open.resource, account);
  const path = interactionPath(publicUrl, open.interaction.uid);
  const frame = {
    branding,
    action: `${path}/consent`,
    switchAction: `${path}/switch-account`,
    form: await formToken(store, consentPlace(open), open.ttl),
    client: askingClient(open.client, open.redirectUri),
    resource: open.resource,
    account,
    formTargets: formTargets(open.redirectUri, 'consent'),
  };
  if (offer.nothingAllowed) return sendPage(response, noAccessPage(frame));
  const scopes = describeScopes(offer, open.resource, await memory.recall(subjectOf(open, account), offer.scopes));
  const withheld = offer.withheld.map(inPlainWords(open.resource));
  sendPage(response, consentPage({ ...frame, scopes, withheld, ...(problem !== undefined && { problem }) }));
}

/** Takes the decision. What was posted can only narrow what the stored request asks for. */
export function takeConsent(options: InteractionOptions): RequestHandler {
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    await checkFormToken(options.store, consentPlace(open), request.body?.form);
    const decision: unknown = request.body?.decision;
    if (decision === 'deny') return deny(options, open, request, response, 'denied');
    if (decision !== 'approve') throw malformed('decision');

    const account = await accountOf(options, open);
    if (account === undefined) return deny(options, open, request, response, 'account_gone');
    const offer = offerScopes(open.requested, open.resource, account);
    if (offer.nothingAllowed) return deny(options, open, request, response, 'nothing_allowed');
    const allowed = chosenScopes(offer, request.body?.scope);
    if (allowed.length === 0 && offer.scopes.length > 0) {
      return showConsent(options, open, request, response, 'Choose at least one of the permissions, or deny.');
    }
    await claimAnswer(options, open);
    const grantId = await allow(options, open, account, allowed);
    audit(options.log, 'consent_granted', request, response, {
      ...auditParties(open),
      principal: account.subject,
      scopes: allowed,
    });
    await finish(options, request, response, { consent: { grantId } });
  };
}

/** Makes the grant, and remembers what was allowed. The answer must have been claimed. */
export async function allow(
  { provider, memory }: InteractionOptions,
  open: OpenInteraction,
  account: Account,
  allowed: readonly string[],
): Promise<string> {
  const { client, resource, requested } = open;
  const parts = { accountId: account.subject, clientId: client.clientId, resource, requested, allowed };
  const grant = await newGrant(provider, parts);
  await memory.remember(subjectOf(open, account), allowed);
  return grant.jti;
}

/** Ends the request with `access_denied`. */
export async function deny(
  options: InteractionOptions,
  open: OpenInteraction,
  request: Request,
  response: Response,
  reason: string,
): Promise<void> {
  await claimAnswer(options, open);
  const principal = open.interaction.session?.accountId;
  if (reason === 'account_gone') await leaveSession(open);
  audit(options.log, 'consent_denied', request, response, { ...auditParties(open), principal, reason });
  const result = { error: 'access_denied', error_description: 'The request was denied.' };
  await finish(options, request, response, result);
}

/** The ticked boxes, as far as they were offered. */
function chosenScopes({ scopes }: Offer, posted: unknown): readonly string[] {
  const ticked = new Set(Array.isArray(posted) ? posted : [posted]);
  return scopes.filter((scope) => ticked.has(scope));
}
