import { execFileSync } from 'node:child_process';

/** Where a tool runs, and what of the environment it gets instead of ours. */
export interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a program to its end and gives what it printed. Throws with all of its output when it fails. */
export function runTool(file: string, args: readonly string[], { cwd, env = process.env }: Place): string {
  try {
    return execFileSync(file, args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 600_000,
    });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`\`${[file, ...args].join(' ')}\` failed:\n${stdout}${stderr}`, { cause });
  }
}
