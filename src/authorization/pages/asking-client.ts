import type { RedirectDisplay } from '../clients/redirect-uri.ts';
import { type Html, html } from './html.ts';

/** The client that asks, as far as people can judge it. */
export interface AskingClient {
  /** The host that serves the client's metadata document; undefined for a client that nobody vouches for. */
  readonly verifiedHost: string | undefined;
  /** What the client calls itself: already cleaned and cut, possibly empty. */
  readonly name: string;
  /** Where the code will be sent. */
  readonly destination: RedirectDisplay;
}

/** What a client is called first and in full: the host that is known, never the name that it chose. */
export const leadingHost = ({ verifiedHost, destination }: AskingClient): string => verifiedHost ?? destination.host;

/** Host, name and standing of the client in a box of its own. */
export function clientBox(client: AskingClient): Html {
  const { verifiedHost, name } = client;
  return html`<div class="asks">
<p class="host"><bdi>${leadingHost(client)}</bdi></p>
${name !== '' && html`<p class="small">${verifiedHost === undefined ? 'calls itself ' : ''}<bdi>“${name}”</bdi></p>`}
${
  verifiedHost === undefined
    ? html`<span class="badge warn">Unverified app</span>`
    : html`<span class="badge good">Verified host</span>`
}
</div>`;
}

/** Where the code goes, in words. */
export function destinationText({ kind, host }: RedirectDisplay): Html {
  if (kind === 'loopback') return html`<bdi>${host}</bdi> <small>a program on this computer</small>`;
  if (kind === 'private-scheme') return html`<bdi>${host}</bdi> <small>an app on this device</small>`;
  return html`<bdi>${host}</bdi>`;
}

/** What there is to beware of, if anything. */
export function clientWarnings({ verifiedHost, destination }: AskingClient): readonly Html[] {
  const warnings: Html[] = [];
  if (verifiedHost === undefined) {
    warnings.push(
      html`<div class="note warn"><strong>This app is not verified</strong><p>Anybody can register an app under any name. Go on only if you started this yourself.</p></div>`,
    );
  }
  if (destination.kind === 'loopback') {
    warnings.push(
      html`<div class="note warn"><strong>The access goes to this computer</strong><p>Any program on this computer could be waiting for it. Go on only if you have just started to sign in from one that you trust.</p></div>`,
    );
  }
  return warnings;
}
