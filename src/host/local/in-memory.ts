import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Mountable } from '../../mcp/mountable.ts';
import { type InProcessOptions, inProcess } from './in-process.ts';
import { LOCAL_RESOURCE } from './local-caller.ts';

/**
 * A transport to a server in this process, for `connect` of `mcp-gatehouse/client` or for a client of the MCP SDK: both
 * eras, and the same decisions as behind a host. Closing it closes the server. Throws TypeError for a scope it does not have.
 */
export async function inMemory(
  server: Mountable,
  options: InProcessOptions = {},
): Promise<StreamableHTTPClientTransport> {
  const serving = await inProcess(server, options);
  // A host needs none of the client, and does not wait for it.
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const transport = new StreamableHTTPClientTransport(new URL(LOCAL_RESOURCE), { fetch: serving.fetch });
  const closeTransport = transport.close.bind(transport);
  let closing: Promise<void> | undefined;
  transport.close = () => {
    closing ??= closeTransport().then(serving.close);
    return closing;
  };
  return transport;
}
