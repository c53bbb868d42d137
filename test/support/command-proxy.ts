import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { CommandFrame, Frames } from './wire-frames.ts';

/**
 * What becomes of one command: passed on, refused here in place of the server, lost with its connection before it was
 * done, done but lost with its connection before the answer, or done with the answer never handed on (`whenDone` is told).
 */
export type Fate =
  | 'pass'
  | 'cut before'
  | 'cut after'
  | { readonly refuse: string }
  | { readonly whenDone: () => void };

/** A proxy in front of a database that knows where one command ends and the next one begins. */
export interface CommandProxy {
  readonly port: number;
  readonly connections: number;
  /** Decides about each command, given as text. */
  fate: (command: string) => Fate;
  close(): Promise<void>;
}

interface Waiting {
  readonly fate: Fate;
}

/** Starts one on a port of its own. `frames` makes the reader of one connection. */
export async function commandProxy(target: { readonly port: number }, frames: () => Frames): Promise<CommandProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target.port });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    relay(client, upstream, { frames: frames(), end, fateOf: (command) => proxy.fate(command) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: CommandProxy = {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    fate: () => 'pass',
    close: async () => {
      for (const [client] of pairs) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

interface Relay {
  readonly frames: Frames;
  readonly fateOf: (command: string) => Fate;
  readonly end: () => void;
}

/** One connection: answers leave in the order of their commands, whoever gave them. */
function relay(client: Socket, upstream: Socket, { frames, fateOf, end }: Relay): void {
  const waiting: Waiting[] = [];
  let mute = false;
  // A connection that listens is told without having asked.
  let listening = false;
  const answerOwn = () => {
    for (let next = waiting[0]; isRefusal(next?.fate); next = waiting[0]) {
      client.write(frames.refusal(next.fate.refuse), 'latin1');
      waiting.shift();
    }
  };
  const take = ({ bytes, answered }: CommandFrame) => {
    const text = bytes.toString('latin1');
    listening ||= /^\*\d+\r\n\$\d+\r\np?subscribe\r\n/i.test(text);
    const fate = answered && !listening ? fateOf(text) : 'pass';
    if (fate === 'cut before') return end();
    if (answered) waiting.push({ fate });
    if (!isRefusal(fate)) upstream.write(bytes);
    answerOwn();
  };
  client.on('data', (chunk: Buffer) => frames.commands(chunk).forEach(take));
  upstream.on('data', (chunk: Buffer) => {
    if (listening) return void client.write(chunk);
    for (const { bytes, ends } of frames.replies(chunk)) {
      const fate = waiting[0]?.fate ?? 'pass';
      if (fate === 'pass' && !mute) client.write(bytes);
      if (!ends) continue;
      waiting.shift();
      if (fate === 'cut after') return end();
      if (typeof fate === 'object' && 'whenDone' in fate) {
        mute = true;
        fate.whenDone();
      }
      answerOwn();
    }
  });
}

const isRefusal = (fate: Fate | undefined): fate is { readonly refuse: string } =>
  typeof fate === 'object' && 'refuse' in fate;
