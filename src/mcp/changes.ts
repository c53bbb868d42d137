import type { Announcements } from '../core/announcements.ts';
import { type Principal, principalKey } from '../core/principal.ts';
import { sha256 } from '../core/secrets.ts';

/** The lists of a server that can change. */
export type ListName = 'tools' | 'prompts' | 'resources';

/** Whom a change concerns: one principal, or everybody who may see what changed. */
export type Concerned = Pick<Principal, 'issuer' | 'kind' | 'subject'> | 'everyone';

/** What a server tells of: a list that changed, or the resource behind a URI. */
export type Change =
  | { readonly kind: 'list'; readonly list: ListName; readonly to: Concerned }
  | { readonly kind: 'resource'; readonly uri: string; readonly to: Concerned };

/** What was heard. It may come from outside, so it names a resource by a hash only: whoever knows the URI recognises it. */
export type HeardChange =
  | { readonly kind: 'list'; readonly list: ListName; readonly to: string }
  | { readonly kind: 'resource'; readonly uriHash: string; readonly to: string }
  | { readonly kind: 'missed' };

/** The changes of one mount, on whichever node they happen. */
export interface Changes {
  publish(change: Change): void;
  /** Each change about once, many at once as one. `missed`: some may have been lost, so anything may have changed. */
  subscribe(listener: (change: HeardChange) => void): () => void;
}

/** How long equal changes are gathered into one, in milliseconds, and how many different ones are told one by one. */
const GATHER_MS = 20;
const MOST_AT_ONCE = 1000;
/** Stands for everybody where a principal would be named. */
export const EVERYONE = '*';

/** The changes of the mount that is published as `resource`, carried between nodes. */
export function announcedChanges(announcements: Announcements, resource: string): Changes {
  const topic = `mcp:${sha256(resource)}`;
  const listeners = new Set<(change: HeardChange) => void>();
  const gathered = new Set<string | undefined>();
  let stop: (() => void) | undefined;
  const flush = (): void => {
    const texts = gathered.has(undefined) || gathered.size > MOST_AT_ONCE ? [undefined] : [...gathered];
    gathered.clear();
    for (const change of texts.flatMap(readChange)) for (const listener of [...listeners]) listener(change);
  };
  const hear = (text: string | undefined): void => {
    if (gathered.size === 0) setTimeout(flush, GATHER_MS).unref();
    if (gathered.size <= MOST_AT_ONCE) gathered.add(text);
  };
  return {
    publish: (change) => announcements.publish(topic, textOf(change)),
    subscribe(listener) {
      const mine = (change: HeardChange) => listener(change);
      listeners.add(mine);
      stop ??= announcements.subscribe(topic, hear);
      return () => {
        listeners.delete(mine);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

/** The name under which a principal is told of what concerns it. */
const nameOf = (to: Concerned): string => (to === 'everyone' ? EVERYONE : principalKey(to));

function textOf(change: Change): string {
  const what = change.kind === 'list' ? change.list : sha256(change.uri);
  return `${change.kind} ${what} ${nameOf(change.to)}`;
}

const SAID = /^(?:list (tools|prompts|resources)|resource ([\w-]{43})) ([\w-]{43}|\*)$/;

function readChange(text: string | undefined): HeardChange[] {
  if (text === undefined) return [{ kind: 'missed' }];
  const [, list, uriHash, to = ''] = SAID.exec(text) ?? [];
  if (list !== undefined) return [{ kind: 'list', list: list as ListName, to }];
  return uriHash === undefined ? [] : [{ kind: 'resource', uriHash, to }];
}
