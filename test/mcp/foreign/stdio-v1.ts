import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import { serverV1 } from './sdk-servers.ts';

const server = serverV1();
server.registerTool('env', { annotations: { readOnlyHint: true } }, () => {
  const { __CF_USER_TEXT_ENCODING: _, ...env } = process.env;
  return { content: [{ type: 'text', text: JSON.stringify({ env, pid: process.pid }) }] };
});
server.registerTool('crash', { annotations: { readOnlyHint: true } }, () => process.exit(3));
const size = { size: z.number() };
server.registerTool('large', { annotations: { readOnlyHint: true }, inputSchema: size }, ({ size }) => ({
  content: [{ type: 'text', text: 'x'.repeat(size) }],
}));
const transport = new StdioServerTransport();
await server.connect(transport as Parameters<typeof server.connect>[0]);
