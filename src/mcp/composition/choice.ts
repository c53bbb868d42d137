import { foldUri } from '../folded-uri.ts';

/** Which items: those that have one of these tags, and those of these names (of tools and prompts, URIs and templates). */
export interface PartChoice {
  readonly tags?: readonly string[];
  readonly names?: readonly string[];
}

/** What of a server is taken: everything, or only the items of one choice, and none of the other. */
export interface PartFilter {
  readonly only?: PartChoice;
  readonly except?: PartChoice;
}

/**
 * Whether an item is taken. `names` are its own, without a prefix: of what a template serves, its text and the URI. That is given as
 * `uri`, too: what is excepted is so in whatever spelling, and with whatever query where it was named without one.
 */
export type Takes = (names: readonly string[], tags: ReadonlySet<string>, uri?: string) => boolean;

/** Reads a filter. Throws TypeError for one that chooses by nothing, or by what there is not. */
export function readFilter({ only, except }: PartFilter, label: string): Takes {
  const wanted = only && readChoice(only, `${label}: only`);
  const unwanted = except && readChoice(except, `${label}: except`);
  const spellings = new Set((except?.names ?? []).map((name) => foldUri(name).text));
  const spells = (uri: string | undefined): boolean => {
    if (uri === undefined || spellings.size === 0) return false;
    const { text, path } = foldUri(uri);
    return spellings.has(text) || spellings.has(path);
  };
  return (names, tags, uri) => (wanted?.(names, tags) ?? true) && !(unwanted?.(names, tags) ?? false) && !spells(uri);
}

function readChoice(choice: PartChoice, label: string): Takes {
  const by = Object.keys(choice);
  const strange = by.find((key) => key !== 'tags' && key !== 'names');
  if (strange !== undefined || by.length === 0) {
    throw new TypeError(`${label} must be { tags } or { names } or both, not { ${by.join(', ')} }.`);
  }
  const { tags = [], names = [] } = choice;
  const chosen = new Set(names);
  return (itemNames, itemTags) => itemNames.some((name) => chosen.has(name)) || tags.some((tag) => itemTags.has(tag));
}
