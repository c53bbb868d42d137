import { serveUntilSignal } from '../host/serve-until-signal.ts';
import { hostOf } from './host-file.ts';
import { nameStore } from './store-fault.ts';
import { needWord, refuseMore } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse serve <file>`: listens, and ends cleanly on SIGTERM or SIGINT. */
export async function serve([file, ...more]: readonly string[]): Promise<void> {
  refuseMore(more, USAGES.serve);
  const host = await hostOf(needWord(file, 'The file', USAGES.serve), USAGES.serve);
  const { address, port } = await serveUntilSignal(host).catch((error: unknown) => nameStore(error, host.config));
  console.log(`Listening on ${address}:${port}, published as ${host.config.publicUrl.href}`);
}
