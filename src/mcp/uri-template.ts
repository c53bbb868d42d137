/** The names between the braces of a template: `notes://{id}` gives `id`. */
export type TemplateVariables<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | TemplateVariables<Rest>
  : never;

/** A URI template (RFC 6570 §1.2 level 1) whose variables each fill at most one path segment. */
export interface UriTemplate {
  readonly text: string;
  readonly variables: readonly string[];
  /** Equal for two templates that match the same URIs. */
  readonly shape: string;
  /** The decoded values, or undefined where `uri` is not of this template. Linear in the length of `uri`. */
  match(uri: string): Readonly<Record<string, string>> | undefined;
}

interface Segment {
  readonly before: string;
  readonly variable: string | undefined;
  readonly after: string;
}

/** RFC 6570 §3.2.2: simple expansion leaves unreserved characters and percent-encodes all others. */
const EXPANDED = /^(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})+$/;
/** What no decoded value may hold: separators, control characters, and escapes of them that a second decoding would open. */
const UNSAFE = /[/\\\p{Cc}]|%(?:2e|2f|5c|[01][0-9a-f]|7f)/iu;

/** Reads a template. Throws TypeError saying which part is not supported. */
export function parseUriTemplate(text: string): UriTemplate {
  const segments = text.split('/').map((segment) => parseSegment(segment, text));
  const variables = segments.flatMap(({ variable }) => variable ?? []);
  if (new Set(variables).size !== variables.length) throw new TypeError(`${text} uses a variable twice.`);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) throw new TypeError(`${text} must start with a scheme, such as notes:.`);
  return {
    text,
    variables,
    shape: text.replace(/\{\w+\}/g, '{}'),
    match(uri) {
      const parts = uri.split('/');
      if (parts.length !== segments.length) return undefined;
      const values: [string, string][] = [];
      for (const [index, segment] of segments.entries()) {
        const value = readSegment(segment, parts[index] ?? '');
        if (value === undefined) return undefined;
        if (segment.variable !== undefined) values.push([segment.variable, value]);
      }
      return Object.freeze(Object.fromEntries(values));
    },
  };
}

function parseSegment(segment: string, text: string): Segment {
  const [, before = '', variable, after = ''] = /^([^{}]*)(?:\{([A-Za-z_]\w*)\}([^{}]*))?$/.exec(segment) ?? [
    segment,
    '{',
  ];
  if (before === '{' || variable === '__proto__') {
    throw new TypeError(`${text} is not supported: write at most one plain {variable} in a path segment.`);
  }
  return { before, variable, after };
}

/** The decoded value of one segment (an empty text for a fixed one), or undefined where it does not fit. */
function readSegment({ before, variable, after }: Segment, part: string): string | undefined {
  if (variable === undefined) return part === before ? '' : undefined;
  if (part.length < before.length + after.length || !part.startsWith(before) || !part.endsWith(after)) return undefined;
  const raw = part.slice(before.length, part.length - after.length);
  return EXPANDED.test(raw) ? decodeOnce(raw) : undefined;
}

function decodeOnce(raw: string): string | undefined {
  try {
    const value = decodeURIComponent(raw);
    return value === '.' || value === '..' || UNSAFE.test(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
