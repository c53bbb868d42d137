import { type AskingClient, clientBox, clientWarning, destinationText, leadingHost } from './asking-client.ts';
import type { Branding } from './branding.ts';
import { type OfferedScope, scopeFields } from './consent-page.ts';
import { html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** What the page before a sign-in elsewhere shows. */
export interface ContinueView {
  readonly branding: Branding;
  readonly action: string;
  readonly form: string;
  readonly client: AskingClient;
  readonly resource: { readonly name: string; readonly uri: string };
  readonly scopes: readonly OfferedScope[];
  /** Where people may sign in. */
  readonly upstreams: Iterable<{ readonly name: string; readonly title: string }>;
  readonly formTargets: readonly string[];
  /** Why the last answer was not taken, in words. */
  readonly problem?: string;
}

/** Asks for consent before anybody is sent elsewhere to sign in: nothing has happened yet when it is denied. */
export function continuePage(view: ContinueView): Page {
  const { branding, client, resource, problem } = view;
  const body = html`<h1>Allow access to ${resource.name}?</h1>
<p class="lead">An app wants to use <b>${resource.name}</b> in your name. You sign in on the next page.</p>
${problem !== undefined && html`<div class="note bad" role="alert"><p>${problem}</p></div>`}
${clientBox(client)}
<dl>
<div><dt>Sent to</dt><dd>${destinationText(client.destination)}</dd></div>
<div><dt>Server</dt><dd>${resource.name}<small>${resource.uri}</small></dd></div>
</dl>
${clientWarning(client)}
<form method="post" action="${view.action}">
<input type="hidden" name="form" value="${view.form}">
${scopeFields({ scopes: view.scopes, withheld: [], resource })}
<div class="actions">
${[...view.upstreams].map(({ name, title }) => html`<button type="submit" name="provider" value="${name}">Continue with ${title}</button>\n`)}
<button type="submit" name="decision" value="deny" class="second">Deny</button>
</div>
</form>`;
  return layout({
    branding,
    title: `Allow ${leadingHost(client)}?`,
    status: problem === undefined ? 200 : 400,
    body,
    formTargets: view.formTargets,
  });
}
