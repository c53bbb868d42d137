import { createHash } from 'node:crypto';
import type { Branding } from './branding.ts';
import { Html, html } from './html.ts';
import { pageHeaders } from './page-headers.ts';
import { stylesheet } from './stylesheet.ts';

/** A whole answer: send the headers and the status as they are. */
export interface Page {
  readonly status: number;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the frame around every page needs. */
export interface Frame {
  readonly branding: Branding;
  readonly title: string;
  readonly body: Html;
  readonly footer?: Html;
  readonly status?: number;
  /** Sources beside this origin that a form on the page may lead to. */
  readonly formTargets?: readonly string[];
  /** Runs when the page has been read. It may ask this origin and no other. */
  readonly script?: string;
}

/** Puts the body into the frame: brand, card, one inline stylesheet named by hash, and a script so named where there is one. */
export function layout(frame: Frame): Page {
  const { branding, title, body, footer, status = 200, formTargets = [], script } = frame;
  const style = stylesheet(branding.accent);
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${branding.name}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header class="brand">${mark(branding)}<span>${branding.name}</span></header>
<main>
${body}
</main>
${footer && html`<footer class="small">${footer}</footer>`}
${script !== undefined && html`<script>${new Html(script)}</script>`}
</body>
</html>
`;
  const scriptHash = script && hashOf(script);
  const headers = pageHeaders({ styleHash: hashOf(style), scriptHash, formTargets });
  return { status, html: document.toString(), headers };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');

/** The logo of the installation, or an open gate. */
const mark = ({ logo }: Branding): Html =>
  logo === undefined
    ? html`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M5 28V14a11 11 0 0 1 22 0v14"/><path d="M11 28V14.5a5 5 0 0 1 10 0V28"/><path d="M2.5 28h27"/><path d="M16 9.5V28"/></svg>`
    : html`<img src="${logo}" alt="">`;
