import { type Html, html } from './html.ts';

/** What the line about the account needs. */
export interface AccountFormView {
  readonly account: { readonly username: string };
  readonly switchAction: string;
  readonly form: string;
}

/** Who is signed in, and the way out for somebody else. A form of its own, after the decision. */
export const accountForm = ({ account, switchAction, form }: AccountFormView): Html =>
  html`<form method="post" action="${switchAction}" class="account">
<input type="hidden" name="form" value="${form}">
<span>Signed in as <b><bdi>${account.username}</bdi></b>.</span>
<button type="submit" class="link">Not you?</button>
</form>`;
