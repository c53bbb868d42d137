import { accountForm } from './account-form.ts';
import { clientBox, leadingHost } from './asking-client.ts';
import type { ConsentView } from './consent-page.ts';
import { html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** For an account that may hand out nothing of what was asked for: the only way on is back, without access. */
export function noAccessPage(view: Omit<ConsentView, 'scopes' | 'withheld' | 'problem'>): Page {
  const { branding, client, resource, form } = view;
  return layout({
    branding,
    title: 'No access to give',
    formTargets: view.formTargets,
    body: html`<h1>You cannot give this access</h1>
<p class="lead"><strong><bdi>${leadingHost(client)}</bdi></strong> asks for something in <b>${resource.name}</b> that your account is not allowed to do. Ask whoever runs this server, or use another account.</p>
${clientBox(client)}
<form method="post" action="${view.action}">
<input type="hidden" name="form" value="${form}">
<button type="submit" name="decision" value="deny">Go back without access</button>
</form>
${accountForm(view)}`,
  });
}
