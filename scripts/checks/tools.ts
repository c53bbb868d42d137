import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Check, Fault } from './check.ts';

const installed = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

/** TypeScript finds nothing to say about the whole tree. */
export const types: Check = toolCheck('types', ['tsc', '-p', '.', '--pretty', 'false'], /^(.+?)\((\d+),\d+\): (.+)$/);

/** Biome finds nothing to say: lint rules, function length, format. `npm run format` mends most of it. */
export const lint: Check = toolCheck(
  'lint',
  ['biome', 'check', '--error-on-warnings', '--max-diagnostics=none', '--reporter=concise'],
  /^[!×i] ([^\s:]+)(?::(\d+):\d+)?: (.+)$/,
);

/** A check that starts an installed tool in the root. `shape` reads file, line and message from a line of its output. */
function toolCheck(name: string, command: readonly [string, ...string[]], shape: RegExp): Check {
  const [tool, ...args] = command;
  return {
    name,
    find(_tree, root) {
      const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
      const { status, stdout, stderr, error } = spawnSync(join(installed, tool), args, options);
      if (error !== undefined)
        return { faults: [{ file: tool, message: `did not start (run \`npm ci\`): ${error.message}` }] };
      if (status === 0) return { faults: [] };
      const faults = readFaults(stdout + stderr, shape);
      if (faults.length > 0) return { faults };
      return { faults: [{ file: command.join(' '), message: `ended with ${status}:\n${stdout}${stderr}` }] };
    },
  };
}

function readFaults(output: string, shape: RegExp): readonly Fault[] {
  return output.split('\n').flatMap((text) => {
    const [, file, line, message] = shape.exec(text) ?? [];
    if (file === undefined || message === undefined) return [];
    return [{ file, ...(line === undefined ? {} : { line: Number(line) }), message }];
  });
}
