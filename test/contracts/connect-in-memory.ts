import type { ServerRequests } from '../../src/client/asked-by-server.ts';
import { connect } from '../../src/client/connect.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { inMemory } from '../../src/host/local/in-memory.ts';
import type { InProcessOptions } from '../../src/host/local/in-process.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';

/** Who calls, what the client answers to the server's questions, and the era that it speaks. */
export interface InMemoryOptions extends InProcessOptions, ServerRequests {
  readonly era?: 'auto' | 'legacy';
}

/** A client of `server` in this process, for tests: no port, no sign-in, and the decisions of a host all the same. */
export async function connectInMemory(server: Mountable, options: InMemoryOptions = {}): Promise<McpClient> {
  return connect(await inMemory(server, options), options);
}
