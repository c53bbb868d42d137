import { McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import { isHeld, type Job, NOT_HELD, namesOf, uriOf } from './jobs.ts';
import { describeTool } from './same-tool.ts';

/** The server of a job, as the SDK's are written. What is composed elsewhere is registered under its full name. */
export function bareItems(job: Job): McpServerFactory {
  const names = namesOf(job);
  return ({ authInfo }) => {
    const mcp = new McpServer({ name: 'bench', version: '1.0.0' });
    for (const [index, name] of names.entries()) {
      if (isHeld(job, index) || authInfo?.scopes.includes(NOT_HELD)) addItem(mcp, job, name);
    }
    return mcp;
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

function addTool(mcp: McpServer, name: string): void {
  const { description, input } = describeTool(name);
  mcp.registerTool(name, { description, inputSchema: input }, async ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
}
