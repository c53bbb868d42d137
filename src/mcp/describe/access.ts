import type { DescribedUris, ServerDescription } from './description.ts';
import { jsonOf } from './markdown.ts';

/** Who may use what, as it is kept in a page for later comparison. */
export interface Access {
  readonly version: 1;
  /** By where they are mounted. */
  readonly servers: Readonly<Record<string, ServerAccess>>;
}

/** Who may use what of one server. */
export interface ServerAccess {
  readonly scopes: Readonly<Record<string, { readonly words: string; readonly implies: readonly string[] }>>;
  readonly firstSignIn: readonly string[];
  /** Scopes by kind and name, such as `tool add_note`. */
  readonly items: Readonly<Record<string, readonly string[]>>;
  /** Left out where there are none. */
  readonly uris?: readonly DescribedUris[];
}

const FENCE = '```json gatehouse-access';

/** The part of a description that is compared. Undefined where not all of it is known. */
export function accessOf(servers: readonly ServerDescription[]): Access | undefined {
  const known = servers.map((server) => [server.key, serverAccess(server)] as const);
  if (known.some(([, access]) => access === undefined)) return undefined;
  return { version: 1, servers: Object.fromEntries(known) as Access['servers'] };
}

function serverAccess({ scopes, firstSignIn, items, uris }: ServerDescription): ServerAccess | undefined {
  const words = [...scopes].map(([scope, { words: said, implies }]) => [scope, { words: said, implies }] as const);
  const needs = items.map(({ kind, name, scopes: needed }) => [`${kind} ${name}`, needed] as const);
  const unknown =
    words.some(([, info]) => info.words === undefined || info.implies === undefined) ||
    needs.some(([, needed]) => !needed);
  if (unknown || firstSignIn === undefined) return undefined;
  return {
    scopes: Object.fromEntries(words) as ServerAccess['scopes'],
    firstSignIn,
    items: Object.fromEntries(needs) as ServerAccess['items'],
    ...(uris.length > 0 && { uris }),
  };
}

/** The block of a page that holds it. JSON has no line that could end the block. */
export const accessBlock = (access: Access): readonly string[] => [FENCE, jsonOf(access), '```', ''];

/** What the last block of a page holds; undefined where there is none, or none that is whole. */
export function readAccess(page: string): Access | undefined {
  const block = page.replaceAll('\r\n', '\n').split(`${FENCE}\n`).slice(1).at(-1)?.split('\n```')[0];
  try {
    const access: unknown = JSON.parse(block ?? '');
    return isAccess(access) ? access : undefined;
  } catch {
    return undefined;
  }
}

const isAccess = (value: unknown): value is Access =>
  isObject(value) &&
  value.version === 1 &&
  isObject(value.servers) &&
  Object.values(value.servers).every(isServerAccess);

const isServerAccess = (value: unknown): boolean =>
  isObject(value) &&
  isObject(value.scopes) &&
  Object.values(value.scopes).every(
    (info) => isObject(info) && typeof info.words === 'string' && isWords(info.implies),
  ) &&
  isWords(value.firstSignIn) &&
  isObject(value.items) &&
  Object.values(value.items).every(isWords) &&
  (value.uris === undefined || (Array.isArray(value.uris) && value.uris.every(isUris)));

const isUris = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.template === 'string' &&
  typeof value.uris === 'string' &&
  (value.scopes === 'hidden' || isWords(value.scopes));

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
