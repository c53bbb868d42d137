import { type OfferedScope, scopeFields } from './consent-page.ts';
import { type DecisionView, decisionPage } from './decision-page.ts';
import { html } from './html.ts';
import type { Page } from './layout.ts';

/** What the page before a sign-in elsewhere shows. */
export interface ContinueView extends DecisionView {
  readonly scopes: readonly OfferedScope[];
  /** Where people may sign in. */
  readonly upstreams: Iterable<{ readonly name: string; readonly title: string }>;
  /** Where people with an account here sign in; what they allow is asked after that. */
  readonly signInHere?: string;
}

/** Asks for consent before anybody is sent elsewhere to sign in: nothing has happened yet when it is denied. */
export function continuePage(view: ContinueView): Page {
  const { resource, scopes, upstreams, signInHere } = view;
  const ways = [...upstreams].map(
    ({ name, title }) => html`<button type="submit" name="provider" value="${name}">Continue with ${title}</button>\n`,
  );
  return decisionPage(view, {
    lead: html`An app wants to use <b>${resource.name}</b> in your name. You sign in on the next page.`,
    fields: scopeFields({ scopes, withheld: [], resource }),
    allow: html`${ways}`,
    ...(signInHere !== undefined && {
      after: html`\n<p class="account">An account of this server? <a href="${signInHere}">Sign in with a password</a></p>`,
    }),
  });
}
