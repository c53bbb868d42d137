import { type FoldedUri, foldUri } from '../folded-uri.ts';
import { type Glob, globOf } from '../glob.ts';
import type { PolicyItem } from '../policy.ts';

interface Cover {
  readonly item: PolicyItem;
  fits(uri: FoldedUri, parts: readonly string[]): boolean;
}

/**
 * Which templates (RFC 6570, of whatever form) a URI could be of, in any reading of them: `{id}` stands for any text of one segment,
 * a form with an operator for anything, and queries are not looked at.
 */
export function templateCover(templates: readonly PolicyItem[]): (uri: FoldedUri) => readonly PolicyItem[] {
  const covers = new Map<string, Cover[]>();
  for (const item of templates) {
    const { key, cover } = coverOf(item);
    covers.set(key, [...(covers.get(key) ?? []), cover]);
  }
  return (uri) => {
    const parts = uri.path.split('/');
    const scheme = schemeOf(uri.path);
    return [`${parts.length} ${scheme}`, scheme, ANY]
      .flatMap((key) => covers.get(key) ?? [])
      .filter(({ fits }) => fits(uri, parts))
      .map(({ item }) => item);
  };
}

const ANY = '';
const schemeOf = (path: string): string => path.slice(0, path.indexOf(':') + 1);

function coverOf(item: PolicyItem): { readonly key: string; readonly cover: Cover } {
  const text = item.name.replace(/\{[?&][^{}]*\}/g, '');
  const plain = (text.match(/\{[^{}]*\}/g) ?? []).every((expression) => /^\{[\w,]+\}$/.test(expression));
  const { path } = foldUri(text.replace(/\{[^{}]*\}/g, '*'));
  const scheme = schemeOf(path);
  if (!plain || scheme === '' || scheme.includes('*')) {
    const whole = globOf(path);
    const key = scheme.includes('*') ? ANY : scheme;
    return { key, cover: { item, fits: (uri) => whole(uri.path) } };
  }
  const segments = path.split('/').map((segment): Glob => globOf(segment));
  const fits: Cover['fits'] = (_, parts) => segments.every((segment, index) => segment(parts[index] ?? ''));
  return { key: `${segments.length} ${scheme}`, cover: { item, fits } };
}
