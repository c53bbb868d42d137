import type { RequestHandler, Response } from 'express';
import { signedOutPage, signOutPage } from '../pages/sign-out-page.ts';
import { audit } from './audit.ts';
import { checkFormToken, type FormPlace, formToken } from './form-token.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { sessionCookiePath, signOutPath } from './interaction-paths.ts';
import { browserSession } from './open-interaction.ts';
import { sendPage } from './send-page.ts';

/** How long the question whether to sign out stays open, in seconds. */
const QUESTION_LIFETIME = 900;

const signOutPlace = (session: { readonly uid: string; readonly accountId?: string | undefined }): FormPlace => ({
  id: session.uid,
  step: 'sign-out',
  accountId: session.accountId,
});

/** Asks whether to sign out, or says that nobody is signed in. */
export function showSignOut({ provider, accounts, branding, store, publicUrl }: InteractionOptions): RequestHandler {
  return async (request, response) => {
    const session = await browserSession(provider, request, response);
    const account = session.accountId === undefined ? undefined : await accounts.find(session.accountId);
    if (account === undefined) return sendPage(response, signedOutPage(branding));
    const form = await formToken(store, signOutPlace(session), QUESTION_LIFETIME);
    const action = signOutPath(publicUrl);
    sendPage(response, signOutPage({ branding, action, form, username: account.username }));
  };
}

/** Ends the session of this browser. Grants stay: apps keep what they were allowed. */
export function takeSignOut({ provider, store, publicUrl, log }: InteractionOptions): RequestHandler {
  return async (request, response) => {
    const session = await browserSession(provider, request, response);
    if (session.accountId !== undefined) {
      await checkFormToken(store, signOutPlace(session), request.body?.form);
      await session.destroy();
      audit(log, 'signed_out', request, response, { principal: session.accountId });
    }
    forgetCookie(response, provider.cookieName('session'), publicUrl);
    response.set('Cache-Control', 'no-store').redirect(303, signOutPath(publicUrl));
  };
}

function forgetCookie(response: Response, name: string, publicUrl: URL): void {
  const options = {
    path: sessionCookiePath(publicUrl),
    httpOnly: true,
    sameSite: 'lax',
    secure: publicUrl.protocol === 'https:',
  } as const;
  response.clearCookie(name, options).clearCookie(`${name}.sig`, options);
}
