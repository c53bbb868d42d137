import type { AddressInfo } from 'node:net';
import type { Log } from '../core/log.ts';
import { isLoopbackHost } from '../core/public-url.ts';
import type { Mount } from './mounts.ts';

/** Logs where a host listens and what it is published as; a warning where nobody on this machine would find it there. */
export function tellWhere({ address, port }: AddressInfo, publicUrl: URL, mounts: readonly Mount[], log: Log): void {
  const { href, protocol, hostname, port: published } = publicUrl;
  log.info('listening', {
    address,
    port,
    publicUrl: href,
    mounts: mounts.map(({ resource: { uri } }) => uri).join(' '),
  });
  if (protocol !== 'http:' || !isLoopbackHost(hostname) || Number(published || 80) === port) return;
  const advice = 'Clients are sent to PUBLIC_URL: set it, or PORT in place of the argument of listen().';
  log.warn('published_elsewhere', { port, publicUrl: href, advice });
}
