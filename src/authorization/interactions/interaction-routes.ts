import express, { type RequestHandler, type Router } from 'express';
import { lockout } from '../accounts/lockout.ts';
import { checkBranding } from '../pages/branding.ts';
import type { StrangerBudget } from '../request-limits.ts';
import { showConsent, takeConsent } from './consent.ts';
import { showContinue, takeContinue } from './continue.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { openInteraction } from './open-interaction.ts';
import { notFramed, ownOrigin } from './own-origin.ts';
import { gone, wrongMethod } from './refused-page.ts';
import { refusePages } from './send-page.ts';
import { showSignIn, takeSignIn } from './sign-in.ts';
import { showSignOut, takeSignOut } from './sign-out.ts';
import { takeSignedIn } from './signed-in.ts';
import { takeSwitchAccount } from './switch-account.ts';
import { takeCallback } from './upstream-callback.ts';

/**
 * Sign-in, consent and sign-out pages, to be mounted at the path of `publicUrl`. Throws ConfigError when the branding
 * cannot be used.
 */
export function interactionRoutes(options: InteractionOptions): Router {
  checkBranding(options.branding);
  const guard = lockout(options.store, options.clock);
  const counted =
    (budget: StrangerBudget): RequestHandler =>
    async (request, _response, next) => {
      await options.limits.stranger(budget, request.ip ?? '');
      next();
    };
  const form: RequestHandler[] = [
    notFramed,
    ownOrigin(options.publicUrl),
    express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 200 }),
  ];
  const router = express.Router({ caseSensitive: true, strict: true });
  router.use(counted('pages'));
  router.get('/interaction/:uid', notFramed, showInteraction(options));
  router.post('/interaction/:uid/sign-in', counted('sign_in'), form, takeSignIn(options, guard));
  router.post('/interaction/:uid/consent', form, takeConsent(options));
  router.post('/interaction/:uid/switch-account', form, takeSwitchAccount(options));
  router.get('/sign-out', notFramed, showSignOut(options));
  router.post('/sign-out', form, takeSignOut(options));
  if (options.upstream !== undefined) {
    const signIn = options.upstream;
    router.post('/interaction/:uid/continue', counted('sign_in'), form, takeContinue(options, signIn));
    router.get('/interaction/:uid/signed-in', notFramed, takeSignedIn(options, signIn));
    router.get('/auth/callback/:provider', notFramed, takeCallback(options, signIn));
    if (options.ownAccounts) router.get('/interaction/:uid/sign-in', notFramed, showSignInHere(options));
  }
  router.all('/interaction/:uid', only('GET, HEAD'));
  router.all(
    ['sign-in', 'continue', 'consent', 'switch-account'].map((step) => `/interaction/:uid/${step}`),
    only('POST'),
  );
  router.all(['/interaction/:uid/signed-in', '/auth/callback/:provider'], only('GET, HEAD'));
  router.all('/sign-out', only('GET, HEAD, POST'));
  router.use(refusePages(options.branding, options.log));
  return router;
}

/** Refuses a method that a page does not take, and names those that it does (RFC 9110 §15.5.6). */
const only =
  (methods: string): RequestHandler =>
  (_request, response, next) => {
    response.set('Allow', methods);
    next(wrongMethod());
  };

/** The sign-in page for those who have an account here, where most sign in elsewhere. */
function showSignInHere(options: InteractionOptions): RequestHandler {
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    if (open.interaction.prompt.name !== 'login') throw gone('unknown_prompt');
    await showSignIn(options, open, response);
  };
}

/** The page of the step that the provider is waiting for. */
function showInteraction(options: InteractionOptions): RequestHandler {
  return async (request, response) => {
    const open = await openInteraction(options, request, response);
    const { name } = open.interaction.prompt;
    if (name === 'login' && options.upstream !== undefined)
      return showContinue(options, options.upstream, open, response);
    if (name === 'login') return showSignIn(options, open, response);
    if (name === 'consent') return showConsent(options, open, request, response);
    throw gone('unknown_prompt');
  };
}
