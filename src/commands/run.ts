import { Console } from 'node:console';
import { parseArgs } from 'node:util';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { inMemory } from '../host/local/in-memory.ts';
import type { LocalCaller } from '../host/local/local-caller.ts';
import { relay } from '../host/local/relay.ts';
import type { Mountable } from '../mcp/mountable.ts';
import { createLog } from '../observe/log.ts';
import { defaultOf, isHost, isMountable } from './host-file.ts';
import { asUsageError, needWord, refuseMore, UsageError, words } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse run <file>`: serves over stdio until stdin ends or a signal comes. Only MCP is written to stdout. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { scopes: { type: 'string' }, subject: { type: 'string' } },
    allowPositionals: true,
  });
  const [first, ...more] = positionals;
  refuseMore(more, USAGES.run);
  const file = needWord(first, 'The file', USAGES.run);
  const scopes = words(values.scopes);
  const { subject } = values;
  // A stray console.log of the file would be read as a message.
  globalThis.console = new Console(process.stderr, process.stderr);
  try {
    await overStdio(await serverOf(file), { ...(scopes && { scopes }), ...(subject !== undefined && { subject }) });
  } finally {
    // Once it is said what went wrong: nothing that the file has left open may keep the process.
    setImmediate(() => process.exit());
  }
}

async function overStdio(served: Mountable, caller: LocalCaller): Promise<void> {
  const log = createLog('warn');
  const server = await inMemory(served, { log, ...caller }).catch(asUsageError);
  const wire = new StdioServerTransport();
  const end = () => void wire.close();
  process.on('SIGTERM', end).on('SIGINT', end);
  await relay({ wire, server, log });
}

async function serverOf(file: string): Promise<Mountable> {
  const exported = await defaultOf(file);
  if (isMountable(exported)) return exported;
  const why = isHost(exported) ? 'exports a host: export one of its servers' : 'does not export a server by default';
  throw new UsageError(`${file} ${why}.\n\n${USAGES.run}`);
}
