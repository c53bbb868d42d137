import type { Icon } from '@modelcontextprotocol/server';

/** What every tool, prompt and resource may say of itself. */
export interface ItemFacts {
  /** Shown to people in place of the name. */
  readonly title?: string;
  /** Words that filters and policies may choose it by; clients do not see them. */
  readonly tags?: readonly string[];
  /** Shown beside it: `https:` or `data:`. */
  readonly icons?: readonly Icon[];
  /** Told to clients as `_meta`: anything that has a JSON form. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** The part of a listing that says so. Throws TypeError naming the item. */
export function listedFacts({ title, icons, meta }: Pick<ItemFacts, 'title' | 'icons' | 'meta'>, label: string) {
  return {
    ...(title !== undefined && { title }),
    ...(icons !== undefined && { icons: checkIcons(icons, label) }),
    ...(meta !== undefined && { _meta: jsonFormOf(meta, label) }),
  };
}

/** The same icons. Throws TypeError for a URL that clients refuse to load. */
export function checkIcons(icons: readonly Icon[], label: string): Icon[] {
  const wrong = icons.find(({ src }) => !/^(?:https:\/\/[^\s]+|data:image\/[^\s]+)$/i.test(src));
  if (wrong === undefined) return [...icons];
  throw new TypeError(`${label}: the icon ${JSON.stringify(wrong.src)} must be an https: URL or a data:image/ URL.`);
}

/** A copy, so that nobody changes what clients are told. */
function jsonFormOf(meta: Readonly<Record<string, unknown>>, label: string): Record<string, unknown> {
  const text = typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? JSON.stringify(meta) : undefined;
  if (text === undefined) throw new TypeError(`${label}: meta must be an object.`);
  return JSON.parse(text);
}
