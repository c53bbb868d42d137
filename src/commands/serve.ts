import { serveUntilSignal } from '../host/serve-until-signal.ts';
import { hostOf } from './host-file.ts';
import { needWord } from './usage.ts';

const USAGE = `gatehouse serve <file>

The file's default export is a host made with createHost. PORT and HOST say where it listens.`;

/** `gatehouse serve <file>`: listens, and ends cleanly on SIGTERM or SIGINT. */
export async function serve(args: readonly string[]): Promise<void> {
  const host = await hostOf(needWord(args[0], 'The file', USAGE), USAGE);
  const { address, port } = await serveUntilSignal(host);
  console.log(`Listening on ${address}:${port}, published as ${host.config.publicUrl.href}`);
}
