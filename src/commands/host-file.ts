import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Host } from '../host/create-host.ts';
import { UsageError } from './usage.ts';

/**
 * The host that a file exports by default. Throws UsageError where there is none. A signal while the file loads ends the
 * process: nothing is served yet. The first process of a container would ignore it.
 */
export async function hostOf(file: string, usage: string): Promise<Host> {
  const end = () => process.exit(0);
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    const loaded: { readonly default?: unknown } = await import(pathToFileURL(resolve(file)).href);
    if (isHost(loaded.default)) return loaded.default;
    throw new UsageError(`${file} does not export a host by default.\n\n${usage}`);
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
  }
}

const isHost = (value: unknown): value is Host =>
  typeof value === 'object' && value !== null && 'listen' in value && 'config' in value;
