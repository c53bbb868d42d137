import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** A connection on which nothing has come this many milliseconds after we stopped listening is not waited for. */
const SILENCE = 1000;
/** How often idle connections are looked for, in milliseconds. */
const LOOK = 100;
/** The most turns of the event loop that arriving connections are waited for. */
const MOST_TURNS = 2000;
/** A turn of the event loop that took less than this many milliseconds had nothing to do. */
const QUIET = 0.1;

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

/** What is known of a connection: how many answers are under way, and how much had been read when the last one ended. */
interface Use {
  running: number;
  read: number;
}

/** Watches no server yet. */
export function createTraffic(): Traffic {
  const servers: Server[] = [];
  const answers = new Set<ServerResponse>();
  const connections = new Map<Socket, Use>();
  let ending = false;
  let arrived = 0;
  const useOf = (socket: Socket): Use => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const use = { running: 0, read: 0 };
    connections.set(socket, use);
    socket.once('close', () => connections.delete(socket));
    return use;
  };
  const endIdle = (least: number) => {
    for (const [socket, { running, read }] of connections) {
      if (running === 0 && read >= least && socket.bytesRead === read) socket.destroySoon();
    }
  };
  return {
    watch(server) {
      servers.push(server);
      server.on('connection', (socket) => {
        arrived += 1;
        useOf(socket);
      });
      server.on('request', (request, answer) => {
        const { socket } = request;
        const use = useOf(socket);
        use.running += 1;
        answers.add(answer);
        answer.once('close', () => {
          use.running -= 1;
          use.read = socket.bytesRead;
          answers.delete(answer);
        });
        if (ending) sayLast(answer);
      });
    },
    announceEnd() {
      ending = true;
      answers.forEach(sayLast);
    },
    async stopListening() {
      await quietTurn(() => arrived);
      // Not http's own `close`: it also destroys connections whose last answer has not left yet.
      const closed = servers.map((server) => new Promise((resolve) => NetServer.prototype.close.call(server, resolve)));
      endIdle(1);
      const idle = setInterval(() => endIdle(1), LOOK);
      const silent = setTimeout(() => endIdle(0), SILENCE);
      const empty = Promise.all(closed).then(() => {
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

/**
 * Waits for a turn of the event loop in which no connection came and little else was done. Each turn takes in one connection;
 * those that still wait in the kernel when the listener closes are reset, with the request that they brought.
 */
async function quietTurn(count: () => number): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const before = count();
    const begun = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    if (count() === before && turn > 0 && performance.now() - begun < QUIET) return;
  }
}
