import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type Child, startNode } from '../support/child.ts';
import { basic, postForm } from '../support/plain-http.ts';

const PROGRAM = fileURLToPath(new URL('drain-program.ts', import.meta.url));
const RESOURCE = 'http://localhost:3000/slow/mcp';

/** A host in a process of its own that waits where the test wants it to. */
export interface Draining {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
  /** Asks for a token; its answer comes when the store does. */
  askToken(): Promise<Awaited<ReturnType<typeof postForm>>>;
  /** Calls a tool that waits. Resolves once its first byte is there: at once for `stream`, at its end for `wait`. */
  call(token: string, tool: 'wait' | 'stream'): Promise<Response>;
  /** Resolves when so many more of them have begun to wait. What others told before is passed over. */
  waiting(what: 'call' | 'stream' | 'store', count: number): Promise<void>;
}

/** Starts the process without waiting for it. `held`: its store does not answer from the beginning. */
export const startChild = (settings: Readonly<Record<string, string>>, ...args: 'held'[]): Child =>
  startNode(PROGRAM, args, {
    PUBLIC_URL: 'http://localhost:3000',
    PORT: '0',
    GATEHOUSE_KEYS: generateFernetKey(),
    RATE_LIMIT_STREAMS: '100',
    ...settings,
  });

/** Starts one and waits until it listens. */
export async function startDraining(settings: Readonly<Record<string, string>>): Promise<Draining> {
  const child = startChild(settings);
  const [, port = '', id = '', secret = ''] = await child.next(/listening (\d+) (\S+) (\S+)\n/);
  const url = `http://localhost:${port}`;
  return {
    child,
    url,
    port: Number(port),
    askToken: () =>
      postForm(`${url}/token`, { grant_type: 'client_credentials', resource: RESOURCE }, basic(id, secret)),
    call: (token, tool) =>
      fetch(`${url}/slow/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: tool, arguments: {}, _meta: { progressToken: 1 } },
        }),
      }),
    async waiting(what, count) {
      for (let seen = 0; seen < count; seen++) await child.next(new RegExp(`waiting ${what}\n`));
    },
  };
}

/** A connection that sends `bytes` and reads; `ended` resolves with what came when the other side ends it properly. */
export function openConnection(port: number, bytes = ''): { readonly socket: Socket; readonly ended: Promise<string> } {
  const socket = connect({ port, host: 'localhost' });
  socket.write(bytes);
  const ended = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
  return { socket, ended };
}
