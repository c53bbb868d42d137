import type { CallToolResult, GetPromptResult, ReadResourceResult } from '@modelcontextprotocol/server';
import type { Surface } from '../surface.ts';
import type { Namespace } from './namespace.ts';

/** A block of a tool's result or of a prompt's message. */
type Block = CallToolResult['content'][number];

/** Gives the URIs in what a mounted server answers their names outside. Those that it does not serve stay as they are. */
export interface MountedUris {
  toolResult(result: CallToolResult): CallToolResult;
  promptResult(result: GetPromptResult): GetPromptResult;
  /** `read` is what was asked for. */
  readResult(result: ReadResourceResult, read: string): ReadResourceResult;
}

/** For a server whose resources are found by `find`. */
export function mountedUris({ uri: outer }: Namespace, find: Surface['find']): MountedUris {
  const named = (uri: string): string => (find(uri) === undefined ? uri : outer(uri));
  const block = <B extends Block>(content: B): B => {
    if (content.type === 'resource_link') return { ...content, uri: named(content.uri) };
    if (content.type !== 'resource') return content;
    return { ...content, resource: { ...content.resource, uri: named(content.resource.uri) } };
  };
  return {
    toolResult: (result) => ({ ...result, content: result.content.map(block) }),
    promptResult: (result) => ({
      ...result,
      messages: result.messages.map((message) => ({ ...message, content: block(message.content) })),
    }),
    readResult: (result, read) => ({
      ...result,
      contents: result.contents.map((part) => ({ ...part, uri: part.uri === read ? outer(read) : named(part.uri) })),
    }),
  };
}
