import type { McpServer } from '@modelcontextprotocol/server';
import { HELD, isHeld, type Job, NOT_HELD, namesOf, uriOf } from './jobs.ts';
import { describeTool } from './same-tool.ts';

/** Registers what a caller with `scopes` may see: once a request, as the SDK's serving guide shows it. */
export type Register = (mcp: McpServer, scopes: readonly string[]) => void;

/** The items of a job, as the SDK's are written. What is composed elsewhere is registered under its full name. */
export function bareItems(job: Job): Register {
  const names = namesOf(job);
  return (mcp, scopes) => {
    for (const [index, name] of names.entries()) {
      if (scopes.includes(isHeld(job, index) ? HELD : NOT_HELD)) addItem(mcp, job, name);
    }
  };
}

function addItem(mcp: McpServer, { kind }: Job, name: string): void {
  if (kind === 'resource') {
    mcp.registerResource(name, uriOf(name), { mimeType: 'text/plain' }, async ({ href }) => ({
      contents: [{ uri: href, mimeType: 'text/plain', text: 'hello' }],
    }));
  } else if (kind === 'prompt') addPrompt(mcp, name);
  else addTool(mcp, name);
}

function addPrompt(mcp: McpServer, name: string): void {
  const { description, input } = describeTool(name);
  mcp.registerPrompt(name, { description, argsSchema: input }, async ({ text }) => ({
    messages: [{ role: 'user', content: { type: 'text', text } }],
  }));
}

/** Registers the tool that all jobs call. */
export function addTool(mcp: McpServer, name: string): void {
  const { description, input } = describeTool(name);
  mcp.registerTool(name, { description, inputSchema: input }, async ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
}
