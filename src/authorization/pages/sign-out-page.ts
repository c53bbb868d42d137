import type { Branding } from './branding.ts';
import { html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** What the page that asks before signing out shows. */
export interface SignOutView {
  readonly branding: Branding;
  readonly action: string;
  readonly form: string;
  readonly username: string;
}

/** Asks before signing out: a link alone must not end anybody's session. */
export function signOutPage({ branding, action, form, username }: SignOutView): Page {
  return layout({
    branding,
    title: 'Sign out',
    body: html`<h1>Sign out?</h1>
<p class="lead">You are signed in as <b><bdi>${username}</bdi></b>. Apps that you have allowed keep their access.</p>
<form method="post" action="${action}">
<input type="hidden" name="form" value="${form}">
<button type="submit">Sign out</button>
</form>`,
  });
}

/** Says that nobody is signed in on this browser. */
export function signedOutPage(branding: Branding): Page {
  return layout({
    branding,
    title: 'Signed out',
    body: html`<h1>You are signed out</h1>
<p class="lead">Nobody is signed in on this browser. You can close this window.</p>`,
  });
}
