import type { Icon, Implementation } from '@modelcontextprotocol/server';
import { type CacheRule, cacheHint } from './cache-hints.ts';
import type { ListName } from './changes.ts';
import { checkIcons } from './item-facts.ts';
import { DUPLICATES, type Duplicates } from './registry.ts';
import { type SessionOptions, sessionRules } from './sessions/session-rules.ts';
import type { ToolRules } from './tool-options.ts';

/** What a server tells of itself, and how it treats its items. */
export interface ServerFacts {
  readonly name: string;
  readonly version: string;
  /** Shown to people, such as on the consent page. */
  readonly title?: string;
  /** What it is for, in a sentence. */
  readonly description?: string;
  /** Shown beside it: `https:` or `data:`. */
  readonly icons?: readonly Icon[];
  readonly websiteUrl?: string;
  /** Told to the model by clients that pass it on. */
  readonly instructions?: string;
  /** What lists show: what the caller may use (`granted`, the default), or also what a step-up would bring (`all`). */
  readonly list?: 'granted' | 'all';
  /** How many entries a page of a list has. Default: one page has them all. */
  readonly pageSize?: number;
  /**
   * For how long clients may keep the lists and the discovery. `public` holds for lists alone that are the same for everybody.
   * Default: 5 minutes for those, nothing else; never by others than the client that asked.
   */
  readonly cache?: CacheRule;
  /**
   * The lists that change while the server runs. Clients are told by `enable`, `disable`, `remove` and definitions that come
   * after mounting, and by `listChanged` for what a template's `list` gives. Default none: nobody is told.
   */
  readonly listChanged?: readonly ListName[];
  /** How its tools read their arguments and how long they may take, where they do not say so themselves. */
  readonly toolRules?: ToolRules;
  /** What becomes of a definition whose name, URI or template is taken. Default `error`. */
  readonly duplicates?: Duplicates;
  /**
   * Whether a client of 2025-11-25 or before gets a session at `initialize`, so that tools may ask it back and it may
   * be told of changes. In the memory of one node: behind a balancer, see docs/deployment.md. Default false.
   */
  readonly sessions?: boolean | SessionOptions;
}

/** SEP-986. */
const ITEM_NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** Throws TypeError for facts that cannot work. */
export function checkFacts(facts: ServerFacts): void {
  const { name, version, list = 'granted', duplicates = 'error', sessions, pageSize, cache } = facts;
  if (typeof name !== 'string' || !ITEM_NAME.test(name)) {
    throw new TypeError(`Server name ${JSON.stringify(name)} must be 1 to 128 letters, digits, ".", "_" or "-".`);
  }
  if (typeof version !== 'string' || version === '') throw new TypeError(`Server ${name} needs a version.`);
  if (list !== 'granted' && list !== 'all') throw new TypeError(`Server ${name}: list must be "granted" or "all".`);
  if (!DUPLICATES.includes(duplicates)) {
    throw new TypeError(`Server ${name}: duplicates must be one of ${DUPLICATES.join(', ')}.`);
  }
  if (pageSize !== undefined && (!Number.isSafeInteger(pageSize) || pageSize < 1)) {
    throw new TypeError(`Server ${name}: pageSize must be a whole number from 1.`);
  }
  if (cache !== undefined) cacheHint(cache, `Server ${name}`);
  sessionRules(sessions, name);
  implementationOf(facts);
}

/** What clients are told of the server. Throws TypeError for an icon that they refuse. */
export function implementationOf({
  name,
  version,
  title,
  description,
  icons,
  websiteUrl,
}: ServerFacts): Implementation {
  return {
    name,
    version,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(icons !== undefined && { icons: checkIcons(icons, `Server ${name}`) }),
    ...(websiteUrl !== undefined && { websiteUrl }),
  };
}

/** How an item is called in errors. Throws TypeError for a name that breaks SEP-986. */
export function itemLabel(kind: string, item: string, server: string): string {
  if (typeof item === 'string' && ITEM_NAME.test(item)) return `${kind} "${item}" of ${server}`;
  throw new TypeError(
    `${kind} name ${JSON.stringify(item)} of ${server} must be 1 to 128 letters, digits, ".", "_" or "-".`,
  );
}
