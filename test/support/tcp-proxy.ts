import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of the bytes of one direction: passed on, passed on late, or dropped without a word. */
export type Course = 'pass' | 'drop' | { readonly delay: number | (() => number) };

/** A proxy in front of a TCP server that a test can make misbehave. What is set holds for open and new connections. */
export interface TcpProxy {
  readonly port: number;
  /** How many bytes clients have sent so far. */
  readonly received: number;
  readonly connections: number;
  /** Client to server. */
  requests: Course;
  /** Server to client. */
  replies: Course;
  /** Asked for each chunk of a client before it is passed on: a text is sent back in place of what the server would say. */
  answer: ((chunk: string) => string | undefined) | undefined;
  /** Asked for each chunk of the server: true cuts the connection in place of passing it on. */
  cutReply: ((chunk: string) => boolean) | undefined;
  /** Whether new connections are taken; false closes them at once. */
  open: boolean;
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy on a port of its own that passes everything on. */
export async function tcpProxy(target: { readonly host?: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let received = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (!proxy.open) return void client.destroy();
    const upstream = connect({ host: target.host ?? '127.0.0.1', port: target.port, allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    const toServer = forwarder(upstream);
    const toClient = forwarder(client);
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
    client.on('data', (chunk) => {
      received += chunk.length;
      const answer = proxy.answer?.(chunk.toString('latin1'));
      if (answer === undefined) toServer(chunk, proxy.requests);
      else client.write(answer);
    });
    upstream.on('data', (chunk) => {
      if (proxy.cutReply?.(chunk.toString('latin1'))) end();
      else toClient(chunk, proxy.replies);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    get connections() {
      return pairs.size;
    },
    requests: 'pass',
    replies: 'pass',
    answer: undefined,
    cutReply: undefined,
    open: true,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** Passes chunks on as their course says, never one before an earlier one: a line keeps the order of its bytes. */
function forwarder(to: Socket): (chunk: Buffer, course: Course) => void {
  let before = Promise.resolve();
  let waiting = 0;
  return (chunk, course) => {
    if (course === 'drop') return;
    if (course === 'pass' && waiting === 0) return void to.write(chunk);
    const delay = course === 'pass' ? 0 : typeof course.delay === 'number' ? course.delay : course.delay();
    const elapsed = new Promise((resolve) => setTimeout(resolve, delay));
    waiting += 1;
    before = Promise.all([before, elapsed]).then(() => {
      waiting -= 1;
      if (to.writable) to.write(chunk);
    });
  };
}
