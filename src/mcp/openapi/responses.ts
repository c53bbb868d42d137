import type { CallToolResult } from '@modelcontextprotocol/server';
import type { JsonSchema } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import type { SchemaWriter } from './json-schema.ts';
import { entriesOf, member } from './members.ts';
import type { References } from './references.ts';
import { essence, isJson } from './request-body.ts';
import { Unsupported } from './unsupported.ts';

/** A published schema may have this many characters: it is sent with every list of tools. */
const LARGEST_SCHEMA = 65_536;

/** How much of a refusal is passed on, in characters. */
const LONGEST_REFUSAL = 2000;

/**
 * What a successful answer looks like: undefined unless every one is JSON of a known and not too large schema. An object
 * where all are objects.
 */
export function readOutput(given: unknown, references: References, writer: SchemaWriter): JsonSchema | undefined {
  try {
    const successes = entriesOf(given).filter(([status]) => /^2(\d\d|XX)$/i.test(status));
    const schemas = successes.map(([, response]) => jsonSchemaIn(references.resolve(response).value));
    if (schemas.length === 0 || schemas.includes(undefined)) return undefined;
    const written = schemas.map((schema) => writer.writeInPlace(schema));
    const [only] = written;
    const root = written.length === 1 ? only : { anyOf: written };
    if (typeof root !== 'object' || Object.keys(root).length === 0) return undefined;
    const whole = writer.whole(root);
    return JSON.stringify(whole).length > LARGEST_SCHEMA ? undefined : whole;
  } catch (error) {
    // What comes in is then passed on undescribed: nothing depends on its schema.
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function jsonSchemaIn(response: unknown): unknown {
  const content = entriesOf(member(response, 'content'));
  const json = content.find(([type]) => isJson(type));
  return content.length === 1 && json !== undefined ? member(json[1], 'schema') : undefined;
}

/** The media type of an answer and what it holds: a JSON value, a text, or bytes; undefined where it is empty. */
export interface Answer {
  readonly type: string;
  readonly value: unknown;
}

/** Reads an answer. Throws ToolError, in words that the caller may read, for anything but a success. */
export async function readAnswer(response: Response): Promise<Answer> {
  const type = essence(response.headers.get('content-type') ?? '');
  if (response.ok) return { type, value: await readValue(response, type) };
  const { status } = response;
  if (status === 401) throw new ToolError('The API did not accept the credentials of this call (401).');
  if (status >= 500) throw new ToolError(`The API failed (${status}). Try again later.`);
  if (status < 400) throw new ToolError(`The API sent a redirect (${status}), which is not followed.`);
  const words = isJson(type) || type === 'text/plain' ? (await response.text()).slice(0, LONGEST_REFUSAL) : '';
  throw new ToolError(`The API refused the call (${status})${words === '' ? '.' : `: ${words}`}`);
}

async function readValue(response: Response, type: string): Promise<unknown> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === 0) return undefined;
  if (!isJson(type)) return isText(type) ? new TextDecoder().decode(bytes) : bytes;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ToolError('The API answered with something that is not JSON, though it says so.');
  }
}

const isText = (type: string): boolean =>
  type.startsWith('text/') || /^application\/(xml|yaml|javascript|x-ndjson)$|\+(xml|yaml)$/.test(type);

/** The answer as a tool's result. Nothing in it can pass for a result or a content block of its own. */
export function resultOf({ type, value }: Answer, name: string): CallToolResult {
  if (value === undefined) return { content: [] };
  if (value instanceof Uint8Array) return { content: [bytesBlock(value, type, name)] };
  if (!isJson(type)) return { content: [{ type: 'text', text: String(value) }] };
  const structuredContent = value as NonNullable<CallToolResult['structuredContent']>;
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent };
}

function bytesBlock(bytes: Uint8Array, mimeType: string, name: string): CallToolResult['content'][number] {
  const data = Buffer.from(bytes).toString('base64');
  if (mimeType.startsWith('image/')) return { type: 'image', data, mimeType };
  if (mimeType.startsWith('audio/')) return { type: 'audio', data, mimeType };
  const kind = mimeType === '' ? 'application/octet-stream' : mimeType;
  return { type: 'resource', resource: { uri: `answer:${name}`, mimeType: kind, blob: data } };
}
