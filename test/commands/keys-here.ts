import { vi } from 'vitest';
import { keys } from '../../src/commands/keys.ts';
import { UsageError } from '../../src/commands/usage.ts';
import { ConfigError } from '../../src/core/errors.ts';
import type { Finished } from '../support/run-node.ts';

/** Runs `gatehouse keys …` in this process, with the environment and the answer that one of its own would have. */
export async function runKeys(
  directory: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const said = { stdout: '', stderr: '' };
  vi.stubEnv('GATEHOUSE_DIR', directory);
  for (const [name, value] of Object.entries(more)) vi.stubEnv(name, value);
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    said.stdout += `${line}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    said.stderr += `${line}\n`;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.stderr += text;
    return true;
  });
  try {
    await keys(args);
    return { code: 0, ...said };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    return { code: 2, stdout: said.stdout, stderr: `${said.stderr}${error.message}\n` };
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}
