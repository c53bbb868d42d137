import type { Request, RequestHandler, Response } from 'express';
import type { Account } from '../accounts/account.ts';
import type { Lockout } from '../accounts/lockout.ts';
import { passwordFault } from '../accounts/password.ts';
import { shownText } from '../pages/shown-text.ts';
import { type SignInView, signInPage } from '../pages/sign-in-page.ts';
import { askingClient, formTargets } from './asking-client.ts';
import { audit, auditParties } from './audit.ts';
import { claimAnswer, finish } from './finish.ts';
import { checkFormToken, type FormPlace, formToken } from './form-token.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { interactionPath } from './interaction-paths.ts';
import { browserSession, leaveSession, type OpenInteraction, openInteraction } from './open-interaction.ts';
import { malformed } from './refused-page.ts';
import { sendPage } from './send-page.ts';

/** The same words whether the account exists or not. */
const WRONG = 'The username or the password is not right.';
const PAUSED = 'Too many attempts. Wait a while, then try again.';

const signInPlace = ({ interaction }: OpenInteraction): FormPlace => ({
  id: interaction.uid,
  step: 'sign-in',
  accountId: interaction.session?.accountId,
});

/** Shows the sign-in page, with what was wrong with the last attempt. */
export async function showSignIn(
  options: InteractionOptions,
  open: OpenInteraction,
  response: Response,
  again: Pick<SignInView, 'username' | 'problem'> = {},
): Promise<void> {
  const { branding, publicUrl, store } = options;
  const page = signInPage({
    branding,
    action: `${interactionPath(publicUrl, open.interaction.uid)}/sign-in`,
    form: await formToken(store, signInPlace(open), open.ttl),
    client: askingClient(open.client, open.redirectUri),
    resourceName: open.resource.name,
    serverHost: publicUrl.host,
    formTargets: formTargets(open.redirectUri, 'sign-in'),
    ...again,
  });
  sendPage(response, page);
}

/** Takes the sign-in form: one attempt, counted before the password is looked at. */
export function takeSignIn(options: InteractionOptions, guard: Lockout): RequestHandler {
  const { accounts, store, log, clock } = options;
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    await checkFormToken(store, signInPlace(open), request.body?.form);
    const { username, password } = readCredentials(request.body);
    const tell = (fields: object) =>
      audit(log, 'sign_in_failed', request, response, { ...auditParties(open), ...fields });
    const refuse = (status: number, message: string) =>
      showSignIn(options, open, response, { username: shownText(username, 64), problem: { status, message } });

    const attempt = await guard.begin(username, request.ip ?? '');
    if (attempt.locked) {
      tell({ reason: 'locked' });
      response.set('Retry-After', String(attempt.retryAfter));
      return refuse(429, PAUSED);
    }
    // What is ended from here on, this sign-in does not outlive, whenever its browser comes back.
    const asked = clock();
    const account = await accounts.verify(username, password).catch(async (error: unknown) => {
      await attempt.abandoned();
      throw error;
    });
    if (account === undefined) {
      tell({ reason: 'wrong_credentials', principal: (await accounts.named(username))?.subject });
      return refuse(422, WRONG);
    }
    await attempt.succeeded();
    await claimAnswer(options, open);
    await leaveOtherAccount(options, open, account, request, response);
    audit(log, 'sign_in_succeeded', request, response, { ...auditParties(open), principal: account.subject });
    await finish(options, request, response, { login: { accountId: account.subject, amr: ['pwd'], ts: asked } });
  };
}

/** Both fields as text. Rejects with a 400 page when one is missing, repeated, oversized or holds a NUL. */
function readCredentials(body: unknown): { readonly username: string; readonly password: string } {
  const { username, password } = (body ?? {}) as Record<string, unknown>;
  if (typeof username !== 'string' || typeof password !== 'string') throw malformed('credentials_missing');
  if (username.length > 256 || username.includes('\0')) throw malformed('username_malformed');
  const fault = passwordFault(password);
  if (fault === 'too_long' || fault === 'not_text') throw malformed(`password_${fault}`);
  return { username, password };
}

/** Ends the session of whoever else is signed in on this browser; the provider would ask for that on a page with script. */
export async function leaveOtherAccount(
  { provider }: InteractionOptions,
  open: OpenInteraction,
  account: Account,
  request: Request,
  response: Response,
): Promise<void> {
  const session = await browserSession(provider, request, response);
  if (session.accountId === account.subject) return;
  if (session.accountId !== undefined) await session.destroy();
  await leaveSession(open);
}
