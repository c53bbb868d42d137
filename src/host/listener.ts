import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../core/errors.ts';

/** Limits on what a client may make us wait for or keep, in bytes and milliseconds. */
const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  /** How often connections are looked at. */
  connectionsCheckingInterval: 5_000,
};

/** An HTTP server with our limits on headers, counts and waiting, or with others. It does not listen yet. */
export function createListener(limits: Partial<typeof LIMITS> = {}): Server {
  const server = createServer({ ...LIMITS, ...limits });
  server.maxHeadersCount = 100;
  return server;
}

/**
 * Listens and tells where. `localhost` means both loopback addresses, as far as the machine has them. Rejects with a
 * ConfigError that names the setting where the address is taken, or is none to listen on.
 */
export async function listenOn(
  port: number,
  hostname: string,
  open: () => Server,
): Promise<{ address: AddressInfo; servers: readonly Server[] }> {
  const first = open();
  const address = await listen(first, port, hostname === 'localhost' ? '127.0.0.1' : hostname).catch(
    nameSetting(port, hostname),
  );
  if (hostname !== 'localhost') return { address, servers: [first] };
  const second = open();
  try {
    await listen(second, address.port, '::1');
    return { address, servers: [first, second] };
  } catch (error) {
    if (isAbsent(error)) return { address, servers: [first] };
    first.close();
    return nameSetting(address.port, '::1')(error);
  }
}

/** What the system calls it, and what to do. */
const FAULTS: Readonly<Record<string, (port: number, hostname: string) => string>> = {
  EADDRINUSE: (port, hostname) => `PORT ${port} is taken on ${hostname}: stop what listens there or set PORT.`,
  EACCES: (port, hostname) => `PORT ${port} on ${hostname} is not for this user to listen on: set one above 1023.`,
  EADDRNOTAVAIL: (_port, hostname) => `HOST ${hostname} is no address of this machine.`,
  ENOTFOUND: (_port, hostname) => `HOST ${hostname} is no name that can be found.`,
};

const nameSetting =
  (port: number, hostname: string) =>
  (error: unknown): never => {
    const fault = FAULTS[String((error as NodeJS.ErrnoException).code)];
    throw fault === undefined ? error : new ConfigError([fault(port, hostname)]);
  };

const isAbsent = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String((error as NodeJS.ErrnoException).code));

function listen(server: Server, port: number, hostname: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => resolve(server.address() as AddressInfo));
  });
}
