import type { AddressInfo } from 'node:net';
import type { Host } from './create-host.ts';

/**
 * Listens until SIGTERM or SIGINT, then drains and ends the process: 0 when everything was answered and closed within
 * SHUTDOWN_GRACE, 1 when calls had to be cut or the store did not close. A second signal ends it at once.
 */
export async function serveUntilSignal(host: Host): Promise<AddressInfo> {
  let ending = false;
  const end = () => {
    if (ending) process.exit(1);
    ending = true;
    host.close().then(
      ({ cut }) => process.exit(cut === 0 ? 0 : 1),
      (error: unknown) => {
        console.error('Could not close cleanly:', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    return await host.listen();
  } catch (error) {
    if (!ending) throw error;
    // A signal came while it started: the process is about to end, and there is no address to tell.
    return await new Promise<never>(() => undefined);
  }
}
