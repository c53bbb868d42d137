import type { JsonSchema } from './schema.ts';
import { decodeHeaderValue, encodeHeaderValue, type HeaderMismatch, headerMismatch } from './standard-headers.ts';

/** An argument that a client of 2026-07-28 repeats in an `Mcp-Param-<name>` header. */
export interface HeaderParameter {
  readonly name: string;
  readonly path: readonly string[];
  readonly numeric: boolean;
}

const KEYWORD = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The `x-mcp-header` declarations of an input schema (2026-07-28, custom headers). Throws TypeError for a misplaced one. */
export function headerParameters(schema: JsonSchema | undefined, item: string): readonly HeaderParameter[] {
  if (schema === undefined) return [];
  const found = reachable(schema, [], item);
  const names = new Set(found.map(({ name }) => name.toLowerCase()));
  if (names.size !== found.length) throw new TypeError(`${item} declares an ${KEYWORD} twice.`);
  if (count(schema) !== found.length) {
    throw new TypeError(`${item} declares an ${KEYWORD} where no plain property leads.`);
  }
  return found;
}

/** The first header that is missing or disagrees with the arguments; numbers are compared as numbers. */
export function checkParameterHeaders(
  parameters: readonly HeaderParameter[],
  input: unknown,
  headers: Headers,
): HeaderMismatch | undefined {
  for (const { name, path, numeric } of parameters) {
    const header = `Mcp-Param-${name}`;
    const value = valueAt(path, input);
    if (value === undefined) continue;
    const sent = headers.get(header);
    if (sent === null) return headerMismatch(header, 'is missing');
    const decoded = decodeHeaderValue(sent);
    if (decoded === undefined) return headerMismatch(header, 'is not well encoded');
    const equal = numeric && /^-?\d+(\.\d+)?$/.test(decoded) ? Number(decoded) === value : decoded === String(value);
    if (!equal) return headerMismatch(header, 'disagrees with the arguments');
  }
  return undefined;
}

/** The headers that a call with these arguments needs. */
export const parameterHeaders = (parameters: readonly HeaderParameter[], input: unknown): Record<string, string> =>
  Object.fromEntries(
    parameters.flatMap(({ name, path }) => {
      const value = valueAt(path, input);
      return value === undefined ? [] : [[`Mcp-Param-${name}`, encodeHeaderValue(String(value))]];
    }),
  );

/** The argument at the end of a path, where it is one that a header repeats. */
function valueAt(path: readonly string[], input: unknown): unknown {
  const value = path.reduce<unknown>(
    (node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
    input,
  );
  return ['string', 'number', 'boolean'].includes(typeof value) ? value : undefined;
}

function reachable(schema: JsonSchema, path: readonly string[], item: string): HeaderParameter[] {
  const { properties } = schema;
  if (!isObject(properties)) return [];
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isObject(property)) return [];
    const here = [...path, key];
    const name = property[KEYWORD];
    const below = reachable(property, here, item);
    return name === undefined ? below : [declaration(name, property.type, here, item), ...below];
  });
}

function declaration(name: unknown, type: unknown, path: readonly string[], item: string): HeaderParameter {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw new TypeError(`${item}: the ${KEYWORD} of ${path.join('.')} is not a header name.`);
  }
  if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
    throw new TypeError(`${item}: the ${KEYWORD} of ${path.join('.')} needs the type string, integer or boolean.`);
  }
  return { name, path, numeric: type === 'integer' };
}

function count(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((sum: number, child) => sum + count(child), 0);
  if (!isObject(node)) return 0;
  const here = typeof node[KEYWORD] === 'string' ? 1 : 0;
  return Object.values(node).reduce((sum: number, child) => sum + count(child), here);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
