import type { AddressInfo } from 'node:net';
import type { Host } from './create-host.ts';

/**
 * Listens until SIGTERM or SIGINT, then drains and ends the process: 0 when everything was closed in time, 1 when not.
 * A second signal ends it at once.
 */
export async function serveUntilSignal(host: Host): Promise<AddressInfo> {
  let ending = false;
  const end = () => {
    if (ending) process.exit(1);
    ending = true;
    host.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('Could not close cleanly:', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
  return host.listen();
}
