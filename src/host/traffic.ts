import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection on which nothing has come this many milliseconds after we stopped listening is not waited for. */
const SILENCE = 1000;

/** What is under way on the servers of a host, so that they can be emptied without losing an answer. */
export interface Traffic {
  /** Counts what runs on a server. To be called before the server is given its request handler. */
  watch(server: Server): void;
  /** From now on every answer says that it is the last of its connection (RFC 9112 §9.6). */
  announceEnd(): void;
  /** Stops listening, once what has arrived is taken in. Connections end as soon as nothing runs on them. */
  stopListening(): Promise<{
    /** Resolves when no connection is open any more. */
    readonly empty: Promise<void>;
  }>;
  /** Ends every connection at once. */
  cut(): void;
  /** How many requests have not been answered in full. */
  running(): number;
}

/** Watches no server yet. */
export function createTraffic(): Traffic {
  const servers: Server[] = [];
  const answers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let ending = false;
  const closeIdle = () => {
    for (const server of servers) server.closeIdleConnections();
  };
  return {
    watch(server) {
      servers.push(server);
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      server.on('request', (_request, answer) => {
        answers.add(answer);
        answer.once('close', () => answers.delete(answer));
        if (ending) sayLast(answer);
      });
    },
    announceEnd() {
      ending = true;
      answers.forEach(sayLast);
    },
    async stopListening() {
      // A request in a buffer would be lost with its connection.
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
      const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      closeIdle();
      const idle = setInterval(closeIdle, 100);
      const silent = setTimeout(() => closeSilent(sockets), SILENCE);
      const empty = closed.then(() => {
        clearInterval(idle);
        clearTimeout(silent);
      });
      return { empty };
    },
    cut() {
      for (const server of servers) server.closeAllConnections();
    },
    running: () => answers.size,
  };
}

function sayLast(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('Connection', 'close');
}

/** Node counts a connection that has not sent a byte as busy, not as idle. */
function closeSilent(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
}
