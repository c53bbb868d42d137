import { spawn } from 'node:child_process';
import { COMPILE_CACHE } from './compile-cache.ts';

/** How a finished process ended and what it said. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file of the repository under this Node, with `environment` alone beside PATH and HOME, and waits for its end. */
export function runNode(
  args: readonly string[],
  { environment = {}, input = '' }: { environment?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=gatehouse-source', ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...COMPILE_CACHE, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}
