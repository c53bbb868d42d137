import { type AccountFormView, accountForm } from './account-form.ts';
import { type DecisionView, decisionPage } from './decision-page.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';

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
export interface ConsentView extends DecisionView, AccountFormView {
  /** None for a mount that has no scopes. */
  readonly scopes: readonly OfferedScope[];
  /** Asked for, but not this account's to allow; in plain words. */
  readonly withheld: readonly string[];
  readonly account: { readonly username: string; readonly name?: string };
}

/** The consent page. */
export function consentPage(view: ConsentView): Page {
  const { resource, account } = view;
  return decisionPage(view, {
    lead: html`An app wants to use <b>${resource.name}</b> as <b><bdi>${account.name ?? account.username}</bdi></b>.`,
    fields: scopeFields(view),
    allow: html`<button type="submit" name="decision" value="approve">Allow</button>`,
    after: html`\n${accountForm(view)}`,
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
