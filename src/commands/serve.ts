import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Host } from '../host/create-host.ts';
import { serveUntilSignal } from '../host/serve-until-signal.ts';
import { needWord, UsageError } from './usage.ts';

const USAGE = `gatehouse serve <file>

The file's default export is a host made with createHost. PORT and HOST say where it listens.`;

/** `gatehouse serve <file>`: listens, and ends cleanly on SIGTERM or SIGINT. */
export async function serve(args: readonly string[]): Promise<void> {
  const file = needWord(args[0], 'The file', USAGE);
  const loaded = await load(file);
  if (!isHost(loaded.default)) throw new UsageError(`${file} does not export a host by default.\n\n${USAGE}`);
  const { address, port } = await serveUntilSignal(loaded.default);
  console.log(`Listening on ${address}:${port}, published as ${loaded.default.config.publicUrl.href}`);
}

/** A signal while the file loads ends the process: nothing is served yet. The first process of a container would ignore it. */
async function load(file: string): Promise<{ readonly default?: unknown }> {
  const end = () => process.exit(0);
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
  }
}

const isHost = (value: unknown): value is Host =>
  typeof value === 'object' && value !== null && 'listen' in value && 'config' in value;
