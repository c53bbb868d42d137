import { ToolError } from '../tool-error.ts';
import type { Parameter } from './parameters.ts';

/** A value of a parameter in the path: percent-encoded, so that no character of it means anything there. */
export const pathValue = (parameter: Parameter, value: unknown): string => simple(parameter, value, encode);

/** A value of a header. Throws ToolError for characters that no header can carry. */
export function headerValue(parameter: Parameter, value: unknown): string {
  const text = simple(parameter, value, (part) => part);
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  throw new ToolError(`${parameter.argument} holds characters that a header cannot carry.`);
}

/**
 * The `name=value` pairs of a parameter in the query, percent-encoded. Throws ToolError for a member whose name there would be
 * that of another parameter.
 */
export function queryPairs(parameter: Parameter, value: unknown): readonly string[] {
  const { name, style, explode, argument } = parameter;
  const key = encode(name);
  if (style === 'json') return [`${key}=${encode(JSON.stringify(value))}`];
  const part = (each: unknown) => encode(primitive(each, argument));
  if (style === 'deepObject') return namedPairs(parameter, value, (property) => `${name}[${property}]`);
  if (typeof value !== 'object' || value === null) return [`${key}=${part(value)}`];
  if (Array.isArray(value)) {
    if (explode) return value.map((each) => `${key}=${part(each)}`);
    return value.length === 0 ? [] : [`${key}=${value.map(part).join(SEPARATORS[style] ?? ',')}`];
  }
  if (explode) return namedPairs(parameter, value, (property) => property);
  const entries = members(value, argument);
  if (entries.length === 0) return [];
  return [`${key}=${entries.map(([property, each]) => `${encode(property)},${part(each)}`).join(',')}`];
}

/** A pair for each member. A name that the document gives is its own word; one that the caller makes up is read as any server might. */
function namedPairs(
  { style, argument, members: { names, open }, others }: Parameter,
  value: unknown,
  nameOf: (property: string) => string,
): readonly string[] {
  return members(value, argument).map(([property, each]) => {
    const named = names.has(property);
    const said = JSON.stringify(property.slice(0, 128));
    if (!named && !open && style === 'form') throw new ToolError(`${argument} has no member ${said}.`);
    const name = nameOf(property);
    if (named ? others.has(name) : others.mayMean(name)) {
      throw new ToolError(`${argument} may not have a member ${said}: it could be taken for another parameter.`);
    }
    return `${encode(name)}=${encode(primitive(each, argument))}`;
  });
}

const SEPARATORS: Readonly<Record<string, string>> = { spaceDelimited: '%20', pipeDelimited: '%7C' };

function simple({ style, explode, argument }: Parameter, value: unknown, write: (text: string) => string): string {
  if (style === 'json') return write(JSON.stringify(value));
  const part = (each: unknown) => write(primitive(each, argument));
  if (Array.isArray(value)) return value.map(part).join(',');
  if (typeof value !== 'object' || value === null) return part(value);
  const between = explode ? '=' : ',';
  return members(value, argument)
    .map(([property, each]) => `${write(property)}${between}${part(each)}`)
    .join(',');
}

/** The text of a value that has one. Throws ToolError for values in values, which no style can write. */
export function primitive(value: unknown, argument: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ToolError(`${argument} holds a value that its place in the request cannot carry.`);
}

function members(value: unknown, argument: string): readonly [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ToolError(`${argument} must be an object.`);
}

/** RFC 3986 §2.3: everything but unreserved characters is encoded. Throws ToolError for half a character. */
export function encode(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch {
    throw new ToolError('An argument holds half a character.');
  }
}
