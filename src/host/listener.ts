import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Limits on what a client may make us wait for or keep, in bytes and milliseconds. */
const LIMITS = { maxHeaderSize: 16_384, headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 10_000 };

/** An HTTP server with our limits on headers, counts and waiting. It does not listen yet. */
export function createListener(): Server {
  const server = createServer({ ...LIMITS, connectionsCheckingInterval: 5_000 });
  server.maxHeadersCount = 100;
  return server;
}

/**
 * Listens and tells where. `localhost` means both loopback addresses, as far as the machine has them. Rejects with a
 * sentence that names the setting when the address is taken.
 */
export async function listenOn(
  port: number,
  hostname: string,
  open: () => Server,
): Promise<{ address: AddressInfo; servers: readonly Server[] }> {
  const first = open();
  const address = await listen(first, port, hostname === 'localhost' ? '127.0.0.1' : hostname);
  if (hostname !== 'localhost') return { address, servers: [first] };
  const second = open();
  try {
    await listen(second, address.port, '::1');
    return { address, servers: [first, second] };
  } catch (error) {
    if (isAbsent(error)) return { address, servers: [first] };
    first.close();
    throw error;
  }
}

const isAbsent = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String((error as NodeJS.ErrnoException).code));

function listen(server: Server, port: number, hostname: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`PORT ${port} is taken on ${hostname}: stop what listens there or set PORT.`) : error);
    });
    server.listen(port, hostname, () => resolve(server.address() as AddressInfo));
  });
}

/**
 * Stops accepting, lets what runs finish for `grace` seconds, then cuts what is left. Resolves when no connection is
 * open any more.
 */
export async function drain(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const cut = setTimeout(() => server.closeAllConnections(), grace * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
