#!/usr/bin/env node
import { keys } from './commands/keys.ts';
import { machine } from './commands/machine.ts';
import { serve } from './commands/serve.ts';
import { UsageError } from './commands/usage.ts';
import { user } from './commands/user.ts';
import { ConfigError } from './core/errors.ts';

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { serve, user, machine, keys };

const USAGE = `gatehouse <command>

  serve <file>                listen with the host that a file exports
  user add|list|remove        accounts of the sign-in page
  machine add|list|remove     clients for machine-to-machine (client_credentials)
  keys new                    a fresh sealing key for GATEHOUSE_KEYS

Settings are read from the environment: see .env.example.`;

async function main([name, ...args]: readonly string[]): Promise<void> {
  const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
  if (command === undefined) throw new UsageError(USAGE);
  await command(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof UsageError || error instanceof ConfigError || isArgumentError(error);
  console.error(expected ? (error as Error).message : error);
  process.exitCode = expected ? 2 : 1;
});

const isArgumentError = (error: unknown): boolean =>
  error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
