import type { Config } from '../config.ts';
import type { Log } from '../core/log.ts';
import type { Service } from './service.ts';
import type { Traffic } from './traffic.ts';
import { within } from './within.ts';

/** A start that hangs is given this many milliseconds more: nothing is served yet, so nothing is lost. */
const START_PATIENCE = 1000;
/** The end of the grace, in milliseconds, that is kept for ending what did not finish and for closing the store. */
const RESERVE = { least: 500, most: 2000 };

/** What is shut down. */
export interface ShutDownParts {
  readonly traffic: Traffic;
  /** Undefined while the host has not started. */
  readonly service: Service | undefined;
  /** Closes the service, also one that is still starting. */
  closeService(): Promise<void>;
  readonly config: Pick<Config, 'shutdownGrace' | 'readyDelay'>;
  readonly log: Log;
}

/**
 * Empties a host within `shutdownGrace` seconds, in this order: answers say they are the last, the listener closes
 * after `readyDelay` seconds, endless streams end, calls finish, what is left is answered 503 or cut, the store closes.
 * Resolves with the number of requests that were cut short. Rejects when the store could not be closed in time.
 */
export async function shutDown({
  traffic,
  service,
  closeService,
  config,
  log,
}: ShutDownParts): Promise<{ readonly cut: number }> {
  const delay = config.readyDelay * 1000;
  const grace = config.shutdownGrace * 1000;
  const reserve = Math.min(RESERVE.most, Math.max(RESERVE.least, grace / 5));
  log.info('draining', { running: traffic.running(), grace: config.shutdownGrace });
  traffic.announceEnd();
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const { empty } = await traffic.stopListening();
  await service?.endStreams();
  log.info('listener_closed', { running: traffic.running() });
  await within(empty, Math.max(0, grace - delay - reserve));
  const cut = traffic.running();
  if (cut > 0) log.warn('calls_cut', { calls: cut, reason: 'they were still running at the end of SHUTDOWN_GRACE' });
  await service?.endCalls();
  await within(empty, reserve / 4);
  traffic.cut();
  await closeInTime(closeService(), service && reserve / 2);
  log.info('drained', { cut });
  return { cut };
}

async function closeInTime(closing: Promise<void>, patience: number | undefined): Promise<void> {
  if ((await within(closing, patience ?? START_PATIENCE)) || patience === undefined) return;
  throw new Error(
    'The store did not close within SHUTDOWN_GRACE. What was acknowledged is kept; it may hold connections.',
  );
}
