import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server';
import { checkAgainst, type Schema } from './schema.ts';

const BLOCKS = new Set(['text', 'image', 'audio', 'resource', 'resource_link']);
const RESULT_KEYS = new Set(['content', 'structuredContent', 'isError', '_meta']);

/** A result that says "this went wrong" in words meant for the model. */
export const errorResult = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true });

/**
 * The wire form of what a handler returned: a text, content blocks or a complete result as they are, nothing for
 * undefined, and any other JSON value as structured content with its text beside it. With `output`, structured content
 * is what that schema makes of the value; throws TypeError where it does not fit.
 */
export async function toolResult(value: unknown, output: Schema | undefined): Promise<CallToolResult> {
  if (isCompleteResult(value)) return output === undefined || value.isError === true ? value : conform(value, output);
  if (output !== undefined) return structured(await conforming(value, output));
  if (value === undefined || value === null) return { content: [] };
  if (typeof value === 'string') return { content: [{ type: 'text', text: value }] };
  if (Array.isArray(value) && value.every(isContentBlock)) return { content: value };
  return structured(value);
}

async function conform(result: CallToolResult, output: Schema): Promise<CallToolResult> {
  return { ...result, structuredContent: await conforming(result.structuredContent, output) };
}

async function conforming(value: unknown, output: Schema): Promise<NonNullable<CallToolResult['structuredContent']>> {
  const outcome = await checkAgainst(output, value);
  if ('fault' in outcome) throw new TypeError(`The result does not fit the output schema: ${outcome.fault}`);
  return outcome.value as NonNullable<CallToolResult['structuredContent']>;
}

function structured(value: unknown): CallToolResult {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`A handler returned a ${typeof value}, which has no JSON form.`);
  return { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) };
}

function isCompleteResult(value: unknown): value is CallToolResult {
  if (typeof value !== 'object' || value === null || !('content' in value)) return false;
  const { content } = value;
  return (
    Array.isArray(content) && content.every(isContentBlock) && Object.keys(value).every((key) => RESULT_KEYS.has(key))
  );
}

const isContentBlock = (value: unknown): value is ContentBlock =>
  typeof value === 'object' && value !== null && 'type' in value && BLOCKS.has(String(value.type));
