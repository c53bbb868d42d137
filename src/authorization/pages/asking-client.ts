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

/** Host, name and standing of the client in a box of its own. The name comes after the host and cannot push it away. */
export function clientBox(client: AskingClient): Html {
  const { verifiedHost, name } = client;
  const badge =
    verifiedHost === undefined
      ? html`<span class="badge warn">Unverified app</span>`
      : html`<span class="badge good">Verified host</span>`;
  return html`<div class="asks">
<div class="row"><p class="host"><bdi>${leadingHost(client)}</bdi></p>${badge}</div>
${name !== '' && html`<p class="small">${verifiedHost === undefined ? 'calls itself ' : ''}<bdi>“${name}”</bdi></p>`}
</div>`;
}

/** Where the code goes, in words. */
export function destinationText({ kind, host }: RedirectDisplay): Html {
  if (kind === 'loopback') return html`<bdi>${host}</bdi> <small>a program on this computer</small>`;
  if (kind === 'private-scheme') return html`<bdi>${host}</bdi> <small>an app on this device</small>`;
  return html`<bdi>${host}</bdi>`;
}

const STARTED = 'Go on only if you have just started to sign in from an app that you trust.';

/** What there is to beware of, if anything. */
export function clientWarning({ verifiedHost, destination }: AskingClient): Html | undefined {
  const local = destination.kind === 'loopback';
  if (verifiedHost !== undefined && !local) return undefined;
  const title =
    verifiedHost !== undefined
      ? 'The access goes to this computer'
      : `Unverified app${local ? ' on this computer' : ''}`;
  return html`<div class="note warn"><strong>${title}</strong><p>${
    verifiedHost === undefined && 'Anybody can register an app under any name. '
  }${local && 'Any program on this computer could be waiting for the access. '}${STARTED}</p></div>`;
}
