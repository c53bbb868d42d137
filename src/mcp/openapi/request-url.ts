import { isLoopbackHost } from '../../core/public-url.ts';
import { ToolError } from '../tool-error.ts';
import { decodings } from './decoded-path.ts';
import type { PathIndex } from './path-index.ts';
import { Unsupported } from './unsupported.ts';

/** Checks where requests go. Throws TypeError naming `place` for anything but a plain http or https URL. */
export function readBaseUrl(given: string | URL, place: string, allowPlainHttp: boolean): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError(`${place} must be an absolute http or https URL without user info, query or fragment.`);
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !allowPlainHttp) {
    throw new TypeError(`${place} must be https: anybody on the way could read what is sent.`);
  }
  return url;
}

/** RFC 3986 §3.3, without what a URL parser would rewrite. */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/** Writes the paths of one operation. */
export type WritePath = (values: ReadonlyMap<string, string>) => string;

/** What a path is held to. */
export interface PathRules {
  /** All paths of the document. */
  readonly paths: PathIndex;
  /** Whether the values of a variable may hold slashes. */
  maySlash(variable: string): boolean;
}

/** Reads the template of a path. Throws Unsupported where its own text would be more than a path. */
export function pathWriter(template: string, { paths, maySlash }: PathRules): WritePath {
  const parts = template.split(/\{([^{}]*)\}/);
  const fixed = parts.filter((_, index) => index % 2 === 0);
  if (!PATH.test(fixed.join('')) || fixed.join('x').split('/').some(leaves)) {
    throw new Unsupported('its path holds more than a path');
  }
  const slashed = new Set(parts.filter((part, index) => index % 2 === 1 && maySlash(part)));
  const written = (part: string, index: number, values: ReadonlyMap<string, string>): string =>
    index % 2 === 0 ? part : filled(values.get(part), slashed.has(part));
  return (values) => {
    const path = parts.map((part, index) => written(part, index, values)).join('');
    if (path.split('/').some(leaves)) throw new ToolError('A value leads out of its place in the path.');
    if (parts.length > 1 && paths.leadsElsewhere(template, path)) {
      throw new ToolError('A value makes the path that of another operation.');
    }
    return path;
  };
}

function filled(value: string | undefined, maySlash: boolean): string {
  if (value === undefined || value === '') throw new ToolError('A value of the path is empty.');
  if (!maySlash && [...decodings(value)].some((text) => /[/\\]/.test(text))) {
    throw new ToolError('A value of the path holds a slash.');
  }
  return value;
}

/** Whether a segment is, or decoded again becomes, one that leads elsewhere; `..;x` is `..` to some servers. */
const leaves = (segment: string): boolean =>
  [...decodings(segment)].some(
    (text) => /\p{Cc}/u.test(text) || text.split(/[/\\]/).some((part) => /^\.{1,2}(;.*)?$/.test(part)),
  );

/** The URL of one request. Throws ToolError where what is asked would not be what was written. */
export function requestUrl(base: URL, path: string, query: readonly string[]): URL {
  const expected = base.pathname.replace(/\/$/, '') + path;
  const url = new URL(base.origin + expected + (query.length === 0 ? '' : `?${query.join('&')}`));
  if (url.origin === base.origin && url.pathname === expected && url.hash === '') return url;
  throw new ToolError('A value leads out of its place in the request.');
}
