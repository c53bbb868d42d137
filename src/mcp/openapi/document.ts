import { parse } from 'yaml';
import { providerFetch } from '../../core/provider-fetch.ts';
import { type Members, member, membersOf, textOf } from './members.ts';

/** An OpenAPI document that has the form of one. */
export interface OpenApiDocument {
  readonly root: Members;
  /** Whether its schemas are of OpenAPI 3.0, which has a dialect of its own; those of 3.1 are JSON Schema 2020-12. */
  readonly dialect: '3.0' | '3.1';
  readonly title: string;
  readonly version: string;
}

const MOST_BYTES = 16_777_216;

/** Takes a document, or its text in JSON or YAML. Throws TypeError for anything but OpenAPI 3.0 and 3.1. */
export function readDocument(given: string | object): OpenApiDocument {
  const root = membersOf(typeof given === 'string' ? parseText(given) : given);
  const declared = textOf(member(root, 'openapi'));
  const dialect = declared === undefined ? undefined : /^(3\.[01])\.\d+/.exec(declared)?.[1];
  if (root === undefined || dialect === undefined) {
    const what = declared ?? (member(root, 'swagger') === undefined ? 'no "openapi" member' : 'Swagger 2');
    throw new TypeError(`The document must be OpenAPI 3.0 or 3.1; this one has ${what}.`);
  }
  const info = member(root, 'info');
  return {
    root,
    dialect: dialect === '3.0' ? '3.0' : '3.1',
    title: textOf(member(info, 'title')) ?? 'API',
    version: textOf(member(info, 'version')) ?? '0',
  };
}

/** Aliases are bounded, so that a small text cannot become a large document. */
function parseText(text: string): unknown {
  try {
    return /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (cause) {
    throw new TypeError('The OpenAPI document is neither JSON nor YAML.', { cause });
  }
}

/**
 * GETs the document that the operator named: no redirect, at most 16 MiB in 30 seconds. Rejects with TypeError for another
 * scheme or an answer that is no document, with Unavailable where nobody answers.
 */
export async function fetchDocument(url: URL, fetch: typeof globalThis.fetch): Promise<OpenApiDocument> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`${url.protocol} is not fetched: read the document yourself and give its text.`);
  }
  const bounded = providerFetch(fetch, { timeoutMs: 30_000, maxBytes: MOST_BYTES });
  const answer = await bounded(url, { headers: { accept: 'application/json, application/yaml;q=0.9, */*;q=0.1' } });
  if (answer.status !== 200) {
    throw new TypeError(`${url.origin}${url.pathname} answered ${answer.status}: name the URL of the document itself.`);
  }
  return readDocument(await answer.text());
}
