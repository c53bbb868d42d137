/** The parameters of a form body or a query (RFC 6749 §3.1, §3.2), decoded once and strictly. */
export interface Form {
  /** First value of each parameter that has one. A parameter without a value counts as not sent. */
  readonly values: ReadonlyMap<string, string>;
  /** Parameters that came more than once, with a value or not. */
  readonly repeated: ReadonlySet<string>;
  /** Parameters that were sent without a value. */
  readonly empty: ReadonlySet<string>;
  /** Parameters whose value is no UTF-8 or badly escaped. They have no value. */
  readonly malformed: ReadonlySet<string>;
}

const MAX_PARAMETERS = 100;

/** Reads `application/x-www-form-urlencoded`. Undefined when a name is malformed or there are too many parameters. */
export function readForm(text: string): Form | undefined {
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > MAX_PARAMETERS) return undefined;
  const values = new Map<string, string>();
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const empty = new Set<string>();
  const malformed = new Set<string>();
  for (const pair of pairs) {
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = decode(pair.slice(0, at));
    const value = decode(pair.slice(at + 1));
    if (name === undefined) return undefined;
    if (seen.has(name)) repeated.add(name);
    if (value === undefined) malformed.add(name);
    else if (value === '') empty.add(name);
    else if (!values.has(name)) values.set(name, value);
    seen.add(name);
  }
  return { values, repeated, empty, malformed };
}

/** Writes parameters in the same form. */
export const writeForm = (values: Iterable<readonly [string, string]>): string =>
  [...values].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
