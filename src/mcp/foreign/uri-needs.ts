import { type FoldedUri, foldUri } from '../folded-uri.ts';
import type { Policy, PolicyItem } from '../policy.ts';
import type { FixedResourceItem } from '../surface.ts';
import { templateCover } from './template-cover.ts';

/** What a URI needs that `template` leads to; undefined where it is not to be there. */
export type UriNeeds<U> = (template: string, uri: U) => readonly string[] | undefined;

/**
 * As the templates of a listing say: which of those that fit is run is up to their server, so all of them must allow it, also those
 * that have no place here.
 */
export function needsByTemplates(templates: readonly PolicyItem[], policy: Policy): UriNeeds<FoldedUri> {
  const covering = templateCover(templates);
  return (template, uri) => {
    const fitting = covering(uri);
    if (!fitting.some(({ name }) => name === template)) return undefined;
    return together(fitting.map((item) => policy.scopesOfUri(item, uri)));
  };
}

/** The same, and as the rules of the listed resources say whose URI it spells in another way. */
export function needsOfUris(
  byTemplates: UriNeeds<FoldedUri>,
  listed: readonly { readonly uri: string }[],
  resources: ReadonlyMap<string, FixedResourceItem>,
): UriNeeds<string> {
  const spelled = new Map<string, (readonly string[] | undefined)[]>();
  for (const { uri } of listed) {
    const { text } = foldUri(uri);
    spelled.set(text, [...(spelled.get(text) ?? []), resources.get(uri)?.scopes]);
  }
  return (template, uri) => {
    const folded = foldUri(uri);
    return together([byTemplates(template, folded), ...(spelled.get(folded.text) ?? [])]);
  };
}

function together(needs: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const [first, ...others] = needs;
  if (first === undefined || others.includes(undefined)) return undefined;
  return others.length === 0 ? first : [...new Set(needs.flatMap((scopes) => scopes ?? []))];
}
