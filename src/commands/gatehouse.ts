import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { ConfigError } from '../core/errors.ts';
import { Failure, refuseCommand, UsageError } from './usage.ts';
import { type CommandName, OVERVIEW, USAGES } from './usages.ts';

type Command = (args: readonly string[]) => Promise<void>;

/** Loaded when it is called: a small command must not wait for a large one. */
const commands: Readonly<Record<CommandName, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  run: async () => (await import('./run.ts')).run,
  user: async () => (await import('./user.ts')).user,
  machine: async () => (await import('./machine.ts')).machine,
  'api-key': async () => (await import('./api-key.ts')).apiKey,
  clients: async () => (await import('./clients.ts')).clients,
  revoke: async () => (await import('./revoke.ts')).revoke,
  docs: async () => (await import('./docs.ts')).docs,
  'check-provider': async () => (await import('./check-provider.ts')).checkProvider,
  keys: async () => (await import('./keys.ts')).keys,
};

/**
 * Runs `gatehouse …`. Never rejects: says what went wrong on standard error and ends the process, with 2 where the command
 * line or a setting is at fault and 1 for anything else.
 */
export async function gatehouse(words: readonly string[]): Promise<void> {
  const [name, ...args] = words;
  try {
    const asked = answerTo(words);
    if (asked !== undefined) return console.log(await asked);
    if (name === undefined || !isCommand(name)) return refuseCommand('gatehouse', name, OVERVIEW);
    const command = await commands[name]();
    await command(args);
  } catch (error) {
    console.error(textOf(error, name));
    process.exitCode = isAtFault(error) || isArgumentError(error) ? 2 : 1;
    // Nothing that a file of the user has left open may keep a command that has failed.
    setImmediate(() => process.exit());
  }
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** What is told without running anything: help wherever it is asked for, or the version. */
function answerTo(words: readonly string[]): string | Promise<string> | undefined {
  const [first, second] = words;
  if (first === 'version' || first === '--version' || first === '-v') return version();
  if (first !== 'help' && !words.some((word) => word === '--help' || word === '-h')) return undefined;
  const name = [first, second].find((word) => word !== undefined && isCommand(word));
  return name === undefined ? OVERVIEW : USAGES[name];
}

async function version(): Promise<string> {
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) throw new Failure('The package.json of gatehouse is missing: install it anew.');
  const manifest: { readonly version: string } = JSON.parse(await readFile(file, 'utf8'));
  return manifest.version;
}

const isAtFault = (error: unknown): error is Error => error instanceof UsageError || error instanceof ConfigError;

const isArgumentError = (error: unknown): error is TypeError =>
  error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');

/** A sentence where one says it all; else the error with its stack. */
function textOf(error: unknown, name = ''): unknown {
  if (isArgumentError(error)) return `${error.message}\n\n${isCommand(name) ? USAGES[name] : OVERVIEW}`;
  return isAtFault(error) || error instanceof Failure ? error.message : error;
}
