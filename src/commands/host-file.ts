import { readFile } from 'node:fs/promises';
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
 * container would ignore it. Throws UsageError where there is no such file, or Node cannot read what is in it.
 */
export async function defaultOf(file: string): Promise<unknown> {
  const path = resolve(file);
  const end = () => process.exit(0);
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    await readFile(path).catch(({ code }: NodeJS.ErrnoException) => {
      throw new UsageError(`${file} cannot be read: ${code === 'ENOENT' ? `there is no file ${path}.` : code}`);
    });
    const loaded: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return loaded.default;
  } catch (error) {
    throw unreadable(error) ? new UsageError(`${file} cannot be loaded.\n\n${whereOf(error, file)}`) : error;
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
  }
}

const UNRESOLVED = /^ERR_(MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED|UNKNOWN_FILE_EXTENSION|UNSUPPORTED_DIR_IMPORT)$/;

/** Whether Node could not make a module of the file, or of one that it imports. What its own code throws is shown as it is. */
const unreadable = (error: unknown): error is Error =>
  error instanceof Error &&
  (error instanceof SyntaxError
    ? OF_NODE.test(error.stack ?? '')
    : 'code' in error && UNRESOLVED.test(String(error.code)));

/** A stack that begins in Node's loader. */
const OF_NODE = /^(?:(?!\n +at ).)*\n +at [^\n]*node:internal\//s;

/** What Node says, without the frames of its loader. It keeps to itself where some of the errors in JavaScript are. */
function whereOf({ stack = '', name, message }: Error, file: string): string {
  const told = stack.split(/\n +at .*node:internal\/modules/, 1).join() || `${name}: ${message}`;
  return told.startsWith('SyntaxError: ') && !told.includes('\n')
    ? `${told}\n\nnode --check ${file} shows the line, where it is in that file.`
    : told;
}

/** Whether a value is what `createHost` makes. */
export const isHost = (value: unknown): value is Host =>
  typeof value === 'object' && value !== null && 'listen' in value && 'config' in value;

/** Whether a value is something that a host can mount. */
export const isMountable = (value: unknown): value is Mountable =>
  typeof value === 'object' && value !== null && 'surface' in value && 'catalogue' in value;
