import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type McpServerFactory, Server } from '@modelcontextprotocol/server';
import type { Target } from './load.ts';

/** The shortest proxy that the SDK allows: one kept client, and what callers ask is handed on as it is. */
export async function bareProxy({ url, token }: Target): Promise<McpServerFactory> {
  const client = new Client({ name: 'bench-proxy', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: { token: async () => token } }));
  return () => {
    const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', ({ params }) => client.listTools(params));
    server.setRequestHandler('tools/call', ({ params }) => client.callTool(params));
    return server;
  };
}
