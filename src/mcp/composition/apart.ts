import { findOverlap } from '../../core/overlapping.ts';
import { namespace } from './namespace.ts';
import type { Source } from './source.ts';

/**
 * Throws TypeError for two prefixes below which items could get the same name: `mail` and `mail_admin`, or one twice. URIs are
 * apart where names are, for no prefix has the "/" that ends it there.
 */
export function checkPrefixes(server: string, prefixes: readonly string[]): void {
  const [longer, shorter] = findOverlap(prefixes, (prefix) => namespace(prefix).name('')) ?? [];
  if (longer === undefined) return;
  throw new TypeError(
    longer === shorter
      ? `${server} has the prefix "${longer}" already: choose another one.`
      : `The prefixes "${shorter}" and "${longer}" on ${server} must be apart: ${longer} could be an item of ${shorter}. Choose another one.`,
  );
}

/**
 * Throws TypeError where two servers that somebody else wrote, at whatever depth, could name their items alike: what they will call
 * them nobody knows, and without a prefix it may be anything.
 */
export function checkForeign(server: string, sources: readonly Source[]): void {
  const foreign = sources.flatMap(({ label, foreignBelow = [] }) => foreignBelow.map((below) => ({ label, below })));
  const [one, other] = findOverlap(foreign, ({ below }) => below) ?? [];
  if (one === undefined || other === undefined) return;
  throw new TypeError(
    `${one.label} and ${other.label} on ${server} could name their items alike, which they say only later: mount each with a prefix of its own.`,
  );
}
