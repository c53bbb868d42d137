import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Host } from '../host/create-host.ts';
import type { Mountable } from '../mcp/mountable.ts';
import { UsageError } from './usage.ts';

/** The host that a file exports by default. Throws UsageError where there is none. */
export async function hostOf(file: string, usage: string): Promise<Host> {
  const exported = await defaultOf(file);
  if (isHost(exported)) return exported;
  throw new UsageError(`${file} does not export a host by default.\n\n${usage}`);
}

/**
 * What a file exports by default. A signal while it loads ends the process: nothing is served yet. The first process of a
 * container would ignore it.
 */
export async function defaultOf(file: string): Promise<unknown> {
  const end = () => process.exit(0);
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    const loaded: { readonly default?: unknown } = await import(pathToFileURL(resolve(file)).href);
    return loaded.default;
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
  }
}

/** Whether a value is what `createHost` makes. */
export const isHost = (value: unknown): value is Host =>
  typeof value === 'object' && value !== null && 'listen' in value && 'config' in value;

/** Whether a value is something that a host can mount. */
export const isMountable = (value: unknown): value is Mountable =>
  typeof value === 'object' && value !== null && 'surface' in value && 'catalogue' in value;
