import { type AskingClient, clientBox, clientWarning, destinationText, leadingHost } from './asking-client.ts';
import type { Branding } from './branding.ts';
import { type Html, html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** What every page shows that asks whether a client may have access. */
export interface DecisionView {
  readonly branding: Branding;
  readonly action: string;
  /** The form's own token. */
  readonly form: string;
  readonly client: AskingClient;
  readonly resource: { readonly name: string; readonly uri: string };
  readonly formTargets: readonly string[];
  /** Why the last answer was not taken, in words. */
  readonly problem?: string;
}

/** What is said and offered on one of them. */
export interface DecisionParts {
  readonly lead: Html;
  readonly fields: Html;
  /** The ways to allow, first of all; denying comes last. */
  readonly allow: Html;
  readonly after?: Html;
}

/** The page of a decision: who asks, where the access goes, for what. Its first form is the decision, and the form's first button allows. */
export function decisionPage(view: DecisionView, { lead, fields, allow, after }: DecisionParts): Page {
  const { branding, client, resource, problem } = view;
  const body = html`<h1>Allow access to ${resource.name}?</h1>
<p class="lead">${lead}</p>
${problem !== undefined && html`<div class="note bad" role="alert"><p>${problem}</p></div>`}
${clientBox(client)}
<dl>
<div><dt>Sent to</dt><dd>${destinationText(client.destination)}</dd></div>
<div><dt>Server</dt><dd>${resource.name}<small>${resource.uri}</small></dd></div>
</dl>
${clientWarning(client)}
<form method="post" action="${view.action}">
<input type="hidden" name="form" value="${view.form}">
${fields}
<div class="actions">
${allow}
<button type="submit" name="decision" value="deny" class="second">Deny</button>
</div>
</form>${after}`;
  return layout({
    branding,
    title: `Allow ${leadingHost(client)}?`,
    status: problem === undefined ? 200 : 400,
    body,
    formTargets: view.formTargets,
  });
}
