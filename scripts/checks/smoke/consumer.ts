import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** A fresh project that depends on the packed tarball as a user's would. */
export interface Consumer {
  readonly folder: string;
  readonly packages: number;
  readonly bytes: number;
}

/** Installs the tarball, and what README tells to install beside it, into a new project: runtime dependencies only. */
export function installConsumer(folder: string, tarball: string, beside: readonly string[]): Consumer {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  runTool('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', tarball, ...beside], { cwd: folder });
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: object;
  };
  return { folder, packages: Object.keys(lock.packages).length, bytes: sizeOf(join(folder, 'node_modules')) };
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/**
 * Compiles files of the project against the package's declarations, which must be sound too, with the types of Node that came
 * along. Throws with the faults.
 */
export function compileConsumer({ folder }: Consumer, files: readonly string[]): void {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  try {
    runTool('tsc', ['-p', '.', '--pretty', 'false'], { cwd: folder });
  } catch (error) {
    const faults = listFaults((error as Error).message);
    if (faults.length === 0) throw error;
    const ours = faults.filter(isOurs);
    if (ours.length > 0) throw new Error(`The program does not compile against the package:\n${ours.join('\n')}`);
  }
}

function listFaults(output: string): readonly string[] {
  return output.split('\n').filter((line) => /^(?:[^(]+\(\d+,\d+\): )?error TS/.test(line));
}

/** Whether a complaint is about our package or its user; other packages' declarations are not ours to mend. */
export function isOurs(fault: string): boolean {
  return !/^[^(]*node_modules\/(?!mcp-gatehouse\/)/.test(fault);
}
