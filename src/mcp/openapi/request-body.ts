import type { JsonSchema } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import type { SchemaWriter } from './json-schema.ts';
import { entriesOf, member, membersOf } from './members.ts';
import type { References } from './references.ts';
import { encode, primitive } from './serialise.ts';
import { Unsupported } from './unsupported.ts';

/** A body as it is sent. For FormData the type comes with it. */
export interface EncodedBody {
  readonly body: string | FormData;
  readonly type: string | undefined;
}

/** The body that an operation takes. */
export interface RequestBody {
  readonly schema: JsonSchema | boolean;
  readonly required: boolean;
  encode(value: unknown): EncodedBody;
}

interface Encoding {
  readonly fits: (type: string) => boolean;
  readonly encode: (value: unknown, type: string) => EncodedBody;
}

/** Whether a media type is JSON (RFC 6839 §3.1). */
export const isJson = (type: string): boolean => /^application\/(?:[a-z0-9.+_-]+\+)?json$/.test(essence(type));

/** A media type without its parameters. */
export const essence = (type: string): string => (type.split(';')[0] ?? '').trim().toLowerCase();

/** In order of preference. */
const ENCODINGS: readonly Encoding[] = [
  { fits: isJson, encode: (value, type) => ({ body: JSON.stringify(value), type: essence(type) }) },
  {
    fits: (type) => essence(type) === 'application/x-www-form-urlencoded',
    encode: (value, type) => ({
      body: fields(value)
        .map(([name, text]) => `${encode(name)}=${encode(text)}`)
        .join('&'),
      type: essence(type),
    }),
  },
  {
    fits: (type) => essence(type) === 'multipart/form-data',
    encode(value) {
      const body = new FormData();
      for (const [name, text] of fields(value)) body.append(name, text);
      return { body, type: undefined };
    },
  },
  {
    fits: (type) => essence(type) === 'text/plain',
    encode: (value) => ({ body: primitive(value, 'body'), type: 'text/plain; charset=utf-8' }),
  },
];

/** Reads it; undefined where there is none that is needed. Throws Unsupported where no way of writing it is known. */
export function readBody(given: unknown, references: References, writer: SchemaWriter): RequestBody | undefined {
  if (given === undefined) return undefined;
  const { value } = references.resolve(given);
  const required = member(value, 'required') === true;
  const content = entriesOf(member(value, 'content'));
  for (const { fits, encode: encodeAs } of ENCODINGS) {
    const found = content.find(([type]) => fits(type));
    if (found === undefined) continue;
    const [type, media] = found;
    const schema = member(media, 'schema') ?? {};
    if (essence(type) === 'multipart/form-data' && hasFile(schema, references)) continue;
    return { schema: writer.write(schema), required, encode: (body) => encodeAs(body, type) };
  }
  if (!required) return undefined;
  throw new Unsupported(`its body is ${content.map(([type]) => type).join(' or ') || 'nothing'}, or holds a file`);
}

/** Lists are repeated, objects written as JSON (OpenAPI 3.1 §4.8.15.1.1). */
function fields(value: unknown): readonly [string, string][] {
  const members = membersOf(value);
  if (members === undefined) throw new ToolError('body must be an object.');
  return Object.entries(members).flatMap(([name, each]): [string, string][] =>
    (Array.isArray(each) ? each : [each]).map((item) => [name, fieldText(item)]),
  );
}

const fieldText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : primitive(value, 'body');

/** A file is a text of format binary, or in 3.1 one of another media type. */
function hasFile(schema: unknown, references: References): boolean {
  const { value } = references.resolve(schema);
  return entriesOf(member(value, 'properties')).some(([, property]) => {
    const each = references.resolve(property).value;
    const item = references.resolve(member(each, 'items')).value;
    return [each, item].some(
      (part) => member(part, 'format') === 'binary' || member(part, 'contentMediaType') !== undefined,
    );
  });
}
