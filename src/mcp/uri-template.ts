import { isExpanded, pathValue, queryValue, segmentValue } from './template-value.ts';
import { encoded, plainPart } from './uri-spelling.ts';

/**
 * A URI template (RFC 6570) that can be matched in linear time: `{id}` fills one path segment, at most one `{path*}` fills
 * several whole ones, and `{?a,b}` at the end stands for members of the query, which may be left out.
 */
export interface UriTemplate {
  readonly text: string;
  readonly variables: readonly string[];
  readonly kinds: ReadonlyMap<string, VariableKind>;
  /** Equal for two templates that match the same URIs, whatever their queries. */
  readonly shape: string;
  /** Whether it matches URIs of several depths. */
  readonly deep: boolean;
  /**
   * The decoded values, or undefined where `uri` is not of this template, whose own characters may be escaped in it. Linear in
   * the length of `uri`.
   */
  match(uri: string): Readonly<Record<string, string>> | undefined;
  /** The URI of these values: slashes are only those of a `{path*}`, and a value that is not there is empty. */
  expand(values: Readonly<Record<string, string>>): string;
}

/** Where a variable stands: `{segment}`, `{path*}`, `{?query}`. */
export type VariableKind = 'segment' | 'path' | 'query';

interface Segment extends Fixed {
  readonly variable: string | undefined;
  /** As it is spelled where all is encoded that can be. */
  readonly plain: Fixed;
}

/** What stands around a variable, or the whole text where there is none. */
interface Fixed {
  readonly before: string;
  readonly after: string;
}

type Values = [string, string][];

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const SEGMENT = /^([^{}]*)(?:\{([A-Za-z_]\w*)\}([^{}]*))?$/;
const DEEP = /^\{([A-Za-z_]\w*)\*\}$/;
const QUERY = /\{\?([A-Za-z_]\w*(?:,[A-Za-z_]\w*)*)\}$/;

/** Reads a template. Throws TypeError saying which part is not supported. */
export function parseUriTemplate(text: string): UriTemplate {
  const path = text.replace(QUERY, '');
  const scheme = SCHEME.exec(text)?.[0] ?? '';
  const names = QUERY.exec(text)?.[1]?.split(',');
  const parts = path.slice(scheme.length).split('/');
  const deepAt = parts.findIndex((part) => DEEP.test(part));
  const deepName = DEEP.exec(parts[deepAt] ?? '')?.[1];
  const head = (deepAt === -1 ? parts : parts.slice(0, deepAt)).map((part) => parseSegment(part, text));
  const tail = (deepAt === -1 ? [] : parts.slice(deepAt + 1)).map((part) => parseSegment(part, text));
  const variables = [...head, ...tail].flatMap(({ variable }) => variable ?? []).concat(deepName ?? [], names ?? []);
  checkVariables(variables, text);
  const kindOf = (name: string): VariableKind =>
    name === deepName ? 'path' : names?.includes(name) ? 'query' : 'segment';

  const matchPath = (uri: string): Values | undefined => {
    if (!uri.startsWith(scheme)) return undefined;
    const given = uri.slice(scheme.length).split('/');
    const end = given.length - tail.length;
    if (deepName === undefined ? given.length !== head.length : end <= head.length) return undefined;
    const values = readAll(
      [...head, ...tail],
      deepName === undefined ? given : [...given.slice(0, head.length), ...given.slice(end)],
    );
    if (values === undefined || deepName === undefined) return values;
    const deep = pathValue(given.slice(head.length, end));
    return deep === undefined ? undefined : [...values, [deepName, deep]];
  };

  return {
    text,
    variables,
    kinds: new Map(variables.map((name) => [name, kindOf(name)])),
    shape: path.replace(/\{\w+\}/g, '{}').replace(/\{\w+\*\}/, '{*}'),
    deep: deepName !== undefined,
    match(uri) {
      const mark = names === undefined ? -1 : uri.indexOf('?');
      const values = matchPath(mark === -1 ? uri : uri.slice(0, mark));
      const more = mark === -1 ? [] : readQuery(names ?? [], uri.slice(mark + 1));
      return values && more && Object.freeze(Object.fromEntries([...values, ...more]));
    },
    expand(values) {
      const plain = path.replace(/\{(\w+)\*?\}/g, (_, name) => {
        const value = values[name] ?? '';
        return name === deepName ? value.split('/').map(encoded).join('/') : encoded(value);
      });
      const query = (names ?? []).flatMap((name) =>
        values[name] === undefined ? [] : `${name}=${encoded(values[name])}`,
      );
      return query.length === 0 ? plain : `${plain}?${query.join('&')}`;
    },
  };
}

function parseSegment(segment: string, text: string): Segment {
  const found = SEGMENT.exec(segment);
  if (found !== null) {
    const [, before = '', variable, after = ''] = found;
    return { before, variable, after, plain: { before: plainPart(before), after: plainPart(after) } };
  }
  throw new TypeError(
    `${text} is not supported: write at most one {variable} in a path segment, one {path*} as a whole segment, {?a,b} at the end.`,
  );
}

function checkVariables(variables: readonly string[], text: string): void {
  if (variables.includes('__proto__'))
    throw new TypeError(`${text} is not supported: no variable is called __proto__.`);
  if (new Set(variables).size !== variables.length) throw new TypeError(`${text} uses a variable twice.`);
  if (!SCHEME.test(text)) throw new TypeError(`${text} must start with a scheme, such as notes:.`);
}

function readAll(segments: readonly Segment[], parts: readonly string[]): Values | undefined {
  const values: Values = [];
  for (const [index, segment] of segments.entries()) {
    const value = readSegment(segment, parts[index] ?? '');
    if (value === undefined) return undefined;
    if (segment.variable !== undefined) values.push([segment.variable, value]);
  }
  return values;
}

/**
 * The decoded value of one segment (an empty text for a fixed one), or undefined where it does not fit. A segment that could be
 * the value of another template's variable is known in every spelling: it must not come to that one instead.
 */
function readSegment(segment: Segment, part: string): string | undefined {
  const { variable, plain } = segment;
  const value = between(segment, part) ?? (isExpanded(part) ? between(plain, plainPart(part)) : undefined);
  if (variable === undefined) return value === '' ? '' : undefined;
  return value === undefined ? undefined : segmentValue(value);
}

const between = ({ before, after }: Fixed, part: string): string | undefined =>
  part.length >= before.length + after.length && part.startsWith(before) && part.endsWith(after)
    ? part.slice(before.length, part.length - after.length)
    : undefined;

/** RFC 6570 §3.2.8. Each name once at most, in any order; a name that the template does not have is another resource. */
function readQuery(names: readonly string[], query: string): Values | undefined {
  const values = new Map<string, string>();
  for (const member of query.split('&')) {
    const equals = member.indexOf('=');
    const name = member.slice(0, equals);
    const value = queryValue(member.slice(equals + 1));
    if (equals === -1 || !names.includes(name) || values.has(name) || value === undefined) return undefined;
    values.set(name, value);
  }
  return [...values];
}
