import type { RequestHandler } from 'express';
import type { Branding } from '../../authorization/pages/branding.ts';
import { html } from '../../authorization/pages/html.ts';
import { layout } from '../../authorization/pages/layout.ts';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { sendProblem } from './problem.ts';
import { TRY_SCRIPT } from './try-script.ts';

/**
 * A page to call the tools of a mount with a token of one's own. It is the same for everybody and names nothing but the mount;
 * what it shows it asks for as its visitor.
 */
export function tryPage({ name, uri }: Pick<ProtectedResource, 'name' | 'uri'>, branding: Branding): RequestHandler {
  const page = layout({ branding, title: `Try ${name}`, body: body(name, uri), script: TRY_SCRIPT });
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.set('Allow', 'GET, HEAD');
      return sendProblem(response, 405, { detail: 'Use GET.' });
    }
    response.status(page.status).set(page.headers).send(page.html);
  };
}

/** No field has a name: nothing is sent by the forms themselves. */
const body = (name: string, uri: string) => html`<h1>Try ${name}</h1>
<p class="lead">Its tools in plain REST, at <code>${uri}</code>.</p>
<noscript><div class="note warn"><p>This page needs JavaScript.</p></div></noscript>
<form id="sign">
<label class="field">Access token or API key
<input type="password" id="token" autocomplete="off" spellcheck="false" required autofocus></label>
<p class="small">A client is given a token when it signs in to this server. Where the server has API keys, one of them works here, too. What you paste stays in this page until you leave it.</p>
<button type="submit">Show my tools</button>
</form>
<form id="call" hidden>
<label class="field">Tool
<select id="tool"></select></label>
<p class="lead" id="about"></p>
<label class="field">Arguments
<textarea id="arguments" rows="8" spellcheck="false"></textarea></label>
<button type="submit">Call</button>
</form>
<pre id="answer" role="status" hidden></pre>`;
