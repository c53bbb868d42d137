import type { Branding } from './branding.ts';
import { html } from './html.ts';
import { layout, type Page } from './layout.ts';

/** What an error page says. Sentences of ours only: nothing that came with the request. */
export interface ErrorView {
  readonly branding: Branding;
  readonly status: number;
  readonly title: string;
  /** What happened and what to do next. */
  readonly message: string;
  /** Lets the operator find the log lines of this request. */
  readonly requestId?: string;
}

/** A page for when something cannot go on. */
export function errorPage({ branding, status, title, message, requestId }: ErrorView): Page {
  return layout({
    branding,
    status,
    title,
    body: html`<h1>${title}</h1>
<p class="lead">${message}</p>
${requestId !== undefined && html`<p class="small">If you ask for help, tell this number: <code>${requestId}</code></p>`}`,
  });
}
