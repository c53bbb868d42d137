import { expandScopes, type ScopeCatalogue } from '../../core/scope.ts';
import type { Access, ServerAccess } from './access.ts';
import { urisWidened } from './uris-widened.ts';

/**
 * All by which somebody may do more than before, a sentence each: an item that no longer needs all that it needed, a rule
 * about single URIs likewise, a new item for everybody, other words for a scope that people have consented to, a scope that
 * includes more, a first sign-in that asks for more.
 */
export const widenings = (before: Access, now: Access): readonly string[] =>
  Object.entries(now.servers).flatMap(([key, server]) => {
    const known = Object.hasOwn(before.servers, key) ? before.servers[key] : undefined;
    return widened(known ?? NOTHING, server, known !== undefined).map((sentence) => `${key}: ${sentence}`);
  });

/** Whether they say the same. */
export const sameAccess = (one: Access, other: Access): boolean => JSON.stringify(one) === JSON.stringify(other);

const NOTHING: ServerAccess = { scopes: {}, firstSignIn: [], items: {} };

function widened(before: ServerAccess, now: ServerAccess, known: boolean): readonly string[] {
  const items = Object.entries(now.items).flatMap(([item, needed]) => {
    const needs = Object.hasOwn(before.items, item) ? before.items[item] : undefined;
    if (needs === undefined) {
      return needed.length === 0 ? [`${item} is new and for every caller who has signed in.`] : [];
    }
    if (needs.every((scope) => needed.includes(scope))) return [];
    return [`${item} needed ${list(needs)}, and now ${needed.length === 0 ? 'nothing' : list(needed)}.`];
  });
  const more = known ? now.firstSignIn.filter((scope) => !before.firstSignIn.includes(scope)) : [];
  return [
    ...items,
    ...urisWidened(before, now),
    ...scopesWidened(before, now),
    ...(more.length > 0 ? [`the first sign-in also asks for ${list(more)}.`] : []),
  ];
}

function scopesWidened(before: ServerAccess, now: ServerAccess): readonly string[] {
  const [catalogueBefore, catalogue] = [catalogueOf(before), catalogueOf(now)];
  return [...catalogueBefore].flatMap(([scope, { description: words }]) => {
    const info = catalogue.get(scope);
    if (info === undefined) return [];
    const included = expandScopes([scope], catalogueBefore);
    const more = [...expandScopes([scope], catalogue)].filter((other) => !included.has(other));
    return [
      ...(info.description === words
        ? []
        : [`people consented to “${words}” for ${scope}, which now says “${info.description}”.`]),
      ...(more.length > 0 ? [`${scope} also includes ${list(more)}.`] : []),
    ];
  });
}

const catalogueOf = ({ scopes }: ServerAccess): ScopeCatalogue =>
  new Map(Object.entries(scopes).map(([scope, { words, implies }]) => [scope, { description: words, implies }]));

const list = (scopes: readonly string[]): string => scopes.join(', ');
