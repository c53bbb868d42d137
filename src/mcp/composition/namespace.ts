/** How the items of a mounted server are called outside, and back. */
export interface Namespace {
  readonly prefix: string | undefined;
  /** Of a tool or prompt: `add` under `notes` is `notes_add`. */
  name(inner: string): string;
  /** Of a URI or a template: `notes://{id}` under `a` is `notes://a/{id}`, and `urn:x` is `urn:a/x`. */
  uri(inner: string): string;
  /** The one URI that `uri` makes this of; undefined where there is none. */
  innerUri(outer: string): string | undefined;
}

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const URI = /^([A-Za-z][A-Za-z0-9+.-]*:(?:\/\/)?)(.*)$/s;
const UNCHANGED = (text: string): string => text;

/** The names below a prefix, or those of the server itself without one. Throws TypeError for a prefix that cannot stand in names and URIs. */
export function namespace(prefix: string | undefined): Namespace {
  if (prefix === undefined) return { prefix, name: UNCHANGED, uri: UNCHANGED, innerUri: UNCHANGED };
  if (!PREFIX.test(prefix)) {
    throw new TypeError(
      `The prefix ${JSON.stringify(prefix)} must be 1 to 32 letters, digits, "_" or "-", and begin with a letter or digit.`,
    );
  }
  const lead = `${prefix}/`;
  return {
    prefix,
    name: (inner) => `${prefix}_${inner}`,
    uri: (inner) => inner.replace(URI, (_, start: string, rest: string) => `${start}${lead}${rest}`),
    innerUri(outer) {
      const [, start = '', rest = ''] = URI.exec(outer) ?? [];
      if (!rest.startsWith(lead)) return undefined;
      const inner = start + rest.slice(lead.length);
      // "x:a///y" would be "x:" before "//y": that URI has another name outside.
      return start.endsWith('//') || !inner.startsWith('//', start.length) ? inner : undefined;
    },
  };
}
