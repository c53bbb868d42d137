import { type Principal, principalKey } from '../core/principal.ts';
import { sha256 } from '../core/secrets.ts';
import { EVERYONE, type HeardChange, type ListName } from './changes.ts';

/** What a client is told: which list to read again, or which resource. */
export type Told =
  | { readonly kind: 'list'; readonly list: ListName }
  | { readonly kind: 'resource'; readonly uri: string };

/** One client that listens: what it asked for, who it is, and what its token lets it read at this moment. */
export interface Listening {
  readonly principal: Principal;
  readonly lists: Iterable<ListName>;
  readonly uris: Iterable<string>;
  mayRead(uri: string): boolean;
}

/**
 * What of a change this client is to be told: only what it subscribed to, what its token could read now, and what concerns
 * its principal or everybody. All that it subscribed to where something may have been missed.
 */
export function listensTo({ principal, lists, uris, mayRead }: Listening): (change: HeardChange) => readonly Told[] {
  const self = principalKey(principal);
  const asked = new Set(lists);
  const byHash = new Map([...uris].map((uri) => [sha256(uri), uri]));
  const resources = (found: Iterable<string | undefined>): Told[] =>
    [...found].flatMap((uri) => (uri !== undefined && mayRead(uri) ? { kind: 'resource' as const, uri } : []));
  return (change) => {
    if (change.kind === 'missed') {
      return [...[...asked].map((list) => ({ kind: 'list' as const, list })), ...resources(byHash.values())];
    }
    if (change.to !== EVERYONE && change.to !== self) return [];
    if (change.kind === 'resource') return resources([byHash.get(change.uriHash)]);
    return asked.has(change.list) ? [{ kind: 'list', list: change.list }] : [];
  };
}
