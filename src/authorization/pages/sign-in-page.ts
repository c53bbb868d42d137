import { type AskingClient, leadingHost } from './asking-client.ts';
import type { Branding } from './branding.ts';
import { html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** What the sign-in page shows. */
export interface SignInView {
  readonly branding: Branding;
  readonly action: string;
  /** The form's own token. */
  readonly form: string;
  readonly client: AskingClient;
  readonly resourceName: string;
  /** This server's host, so that people can compare it with the address bar. */
  readonly serverHost: string;
  readonly formTargets: readonly string[];
  readonly username?: string;
  /** Why the last attempt failed, in words, and the status to answer with. */
  readonly problem?: { readonly status: number; readonly message: string };
}

/** The sign-in page: a plain form with `username` and `password`. */
export function signInPage(view: SignInView): Page {
  const { branding, problem, username = '' } = view;
  const faulty = problem !== undefined;
  const mark = faulty && html` aria-invalid="true" aria-describedby="problem"`;
  const body = html`<h1>Sign in</h1>
<p class="lead"><strong><bdi>${leadingHost(view.client)}</bdi></strong> asks for access to <b>${view.resourceName}</b>. You choose what to allow on the next page.</p>
${problem && html`<div class="note bad" role="alert" id="problem"><p>${problem.message}</p></div>`}
<form method="post" action="${view.action}">
<input type="hidden" name="form" value="${view.form}">
<label class="field">Username
<input type="text" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200" required${username === '' && html` autofocus`}${mark}></label>
<label class="field">Password
<input type="password" name="password" autocomplete="current-password" required${username !== '' && html` autofocus`}${mark}></label>
<button type="submit">Sign in</button>
</form>`;
  return layout({
    branding,
    title: faulty ? 'Not signed in' : 'Sign in',
    status: problem?.status ?? 200,
    body,
    footer: html`Type your password only where the address bar says <b>${view.serverHost}</b>.`,
    formTargets: view.formTargets,
  });
}
