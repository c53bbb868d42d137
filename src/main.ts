#!/usr/bin/env node
import { UsageError } from './commands/usage.ts';
import { ConfigError } from './core/errors.ts';

type Command = (args: readonly string[]) => Promise<void>;

/** Loaded when it is called: a small command must not wait for a large one. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  run: async () => (await import('./commands/run.ts')).run,
  user: async () => (await import('./commands/user.ts')).user,
  machine: async () => (await import('./commands/machine.ts')).machine,
  'api-key': async () => (await import('./commands/api-key.ts')).apiKey,
  clients: async () => (await import('./commands/clients.ts')).clients,
  revoke: async () => (await import('./commands/revoke.ts')).revoke,
  docs: async () => (await import('./commands/docs.ts')).docs,
  'check-provider': async () => (await import('./commands/check-provider.ts')).checkProvider,
  keys: async () => (await import('./commands/keys.ts')).keys,
};

const USAGE = `gatehouse <command>

  serve <file>                listen with the host that a file exports
  run <file>                  serve a server over stdin and stdout, to a local program
  user add|list|remove        accounts of the sign-in page
  machine add|list|remove     clients for machine-to-machine (client_credentials)
  api-key create|list|revoke  keys for programs that cannot sign in
  clients list|remove         clients that have registered themselves
  docs <file or URL>          writes who may use what, as Markdown; --check for CI
  check-provider <name or file>
                              whether an identity provider is set up for MCP clients
  revoke token|grant|client|user
                              end access before its time
  keys list|new|rotate|reseal|retire
                              the keys that state is sealed with and tokens are signed with

Settings are read from the environment: see .env.example.`;

async function main([name, ...args]: readonly string[]): Promise<void> {
  const load = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
  if (load === undefined) throw new UsageError(USAGE);
  const command = await load();
  await command(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof UsageError || error instanceof ConfigError || isArgumentError(error);
  console.error(expected ? (error as Error).message : error);
  process.exitCode = expected ? 2 : 1;
  // Nothing that a file of the user has left open may keep a command that has failed.
  setImmediate(() => process.exit());
});

const isArgumentError = (error: unknown): boolean =>
  error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
