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

/** The `name=value` pairs of a parameter in the query, percent-encoded. */
export function queryPairs(parameter: Parameter, value: unknown): readonly string[] {
  const { name, style, explode, argument, members: named } = parameter;
  const key = encode(name);
  if (style === 'json') return [`${key}=${encode(JSON.stringify(value))}`];
  const part = (each: unknown) => encode(primitive(each, argument));
  if (style === 'deepObject') {
    return members(value, argument).map(([property, each]) => `${key}${encode(`[${property}]`)}=${part(each)}`);
  }
  if (typeof value !== 'object' || value === null) return [`${key}=${part(value)}`];
  if (Array.isArray(value)) {
    if (explode) return value.map((each) => `${key}=${part(each)}`);
    return value.length === 0 ? [] : [`${key}=${value.map(part).join(SEPARATORS[style] ?? ',')}`];
  }
  const entries = members(value, argument);
  const strange = explode && entries.find(([property]) => named?.has(property) === false);
  if (strange) throw new ToolError(`${argument} has no member ${JSON.stringify(strange[0].slice(0, 128))}.`);
  if (explode) return entries.map(([property, each]) => `${encode(property)}=${part(each)}`);
  if (entries.length === 0) return [];
  return [`${key}=${entries.map(([property, each]) => `${encode(property)},${part(each)}`).join(',')}`];
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
