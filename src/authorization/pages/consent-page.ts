import { type AccountFormView, accountForm } from './account-form.ts';
import { type AskingClient, clientBox, clientWarning, destinationText, leadingHost } from './asking-client.ts';
import type { Branding } from './branding.ts';
import { type Html, html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** One scope on the consent page. */
export interface OfferedScope {
  readonly name: string;
  /** In plain words. */
  readonly description: string;
  /** What it brings along, in plain words. */
  readonly includes: readonly string[];
  /** Whether this person has allowed it to this client before. */
  readonly allowedBefore: boolean;
}

/** What the consent page shows. */
export interface ConsentView extends AccountFormView {
  readonly branding: Branding;
  readonly action: string;
  readonly client: AskingClient;
  readonly resource: { readonly name: string; readonly uri: string };
  /** None for a mount that has no scopes. */
  readonly scopes: readonly OfferedScope[];
  /** Asked for, but not this account's to allow; in plain words. */
  readonly withheld: readonly string[];
  readonly account: { readonly username: string; readonly name?: string };
  readonly formTargets: readonly string[];
  /** Why the last answer was not taken, in words. */
  readonly problem?: string;
}

/** The consent page. Its first form is the decision, and the form's first button allows. */
export function consentPage(view: ConsentView): Page {
  const { branding, client, resource, account, problem } = view;
  const body = html`<h1>Allow access to ${resource.name}?</h1>
<p class="lead">An app wants to use <b>${resource.name}</b> as <b><bdi>${account.name ?? account.username}</bdi></b>.</p>
${problem !== undefined && html`<div class="note bad" role="alert"><p>${problem}</p></div>`}
${clientBox(client)}
<dl>
<div><dt>Sent to</dt><dd>${destinationText(client.destination)}</dd></div>
<div><dt>Server</dt><dd>${resource.name}<small>${resource.uri}</small></dd></div>
</dl>
${clientWarning(client)}
<form method="post" action="${view.action}">
<input type="hidden" name="form" value="${view.form}">
${scopeFields(view)}
<div class="actions">
<button type="submit" name="decision" value="approve">Allow</button>
<button type="submit" name="decision" value="deny" class="second">Deny</button>
</div>
</form>
${accountForm(view)}`;
  return layout({
    branding,
    title: `Allow ${leadingHost(client)}?`,
    status: problem === undefined ? 200 : 400,
    body,
    formTargets: view.formTargets,
  });
}

/** The scopes that can be unticked, and those that are not this account's to allow. */
export function scopeFields({
  scopes,
  withheld,
  resource,
}: Pick<ConsentView, 'scopes' | 'withheld'> & { readonly resource: { readonly name: string } }): Html {
  if (scopes.length === 0) return html`<p><b>It may use ${resource.name} as you.</b></p>`;
  return html`<fieldset>
<legend>It will be able to</legend>
<ul class="scopes">
${scopes.map(scopeItem)}
</ul>
</fieldset>
${withheld.length > 0 && html`<p class="small">Also asked for, but not yours to allow: ${withheld.join(', ')}.</p>`}`;
}

const scopeItem = ({ name, description, includes, allowedBefore }: OfferedScope): Html => html`<li><label>
<input type="checkbox" name="scope" value="${name}" checked>
<span><span class="what">${description}</span><code>${name}</code>${allowedBefore && html` <small>· already allowed</small>`}
${includes.length > 0 && html`<small class="brings">Includes: ${includes.join(', ')}</small>`}</span>
</label></li>
`;
