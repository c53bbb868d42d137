import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readManifest } from './manifest.ts';
import { type Consumer, compileConsumer, installConsumer } from './smoke/consumer.ts';
import { probeMount } from './smoke/probe-mount.ts';
import { extractProgram, listMounts } from './smoke/readme-program.ts';
import { runTool } from './smoke/run-tool.ts';
import { startProgram } from './smoke/running-program.ts';
import { treeOf } from './tree.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const hadDist = existsSync(join(home, 'dist'));
const workshop = mkdtempSync(join(tmpdir(), 'gatehouse-smoke-'));

try {
  const tarball = pack();
  runTool('publint', ['run', tarball, '--strict'], { cwd: home });
  tell('publint finds nothing to say about the tarball');
  const consumer = installConsumer(join(workshop, 'consumer'), tarball, ['zod']);
  tell(`installs as ${consumer.packages} packages, ${(consumer.bytes / 1e6).toFixed(1)} MB`);
  useExports(consumer);
  await useProgram(consumer);
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(workshop, { recursive: true, force: true });
  if (!hadDist) rmSync(join(home, 'dist'), { recursive: true, force: true });
}

function pack(): string {
  const printed = runTool('npm', ['pack', '--pack-destination', workshop], { cwd: home });
  const tarball = join(workshop, printed.trim().split('\n').at(-1) ?? '');
  tell(`packs as ${tarball.slice(workshop.length + 1)}`);
  return tarball;
}

/** Every exported subpath loads from the installed package, and so does the command. */
function useExports(consumer: Consumer): void {
  const { name, exports } = readManifest(treeOf({ 'package.json': readFileSync(join(home, 'package.json'), 'utf8') }));
  const subpaths = Object.keys(exports).filter((subpath) => !subpath.includes('*'));
  const lines = subpaths.map((subpath, index) => `export * as part${index} from '${name}${subpath.slice(1)}';`);
  writeFileSync(join(consumer.folder, 'exports.mts'), `${lines.join('\n')}\n`);
  runTool(process.execPath, ['exports.mts'], { cwd: consumer.folder });
  compileConsumer(consumer, ['exports.mts']);
  tell(`loads and types all ${subpaths.length} exports`);
  const key = runTool(process.execPath, ['node_modules/.bin/gatehouse', 'keys', 'new'], { cwd: consumer.folder });
  assert.match(key, /^[\w-]{43}=$/m, '`gatehouse keys new` prints a sealing key');
  tell('runs the gatehouse command');
  for (const file of ['.env.example', 'docs/keys.md']) {
    assert.ok(
      existsSync(join(consumer.folder, 'node_modules', name, file)),
      `${file}, which commands point to, is there`,
    );
  }
}

/** The first program of README.md compiles, starts, challenges, serves its metadata and ends when asked. */
async function useProgram(consumer: Consumer): Promise<void> {
  const program = extractProgram(readFileSync(join(home, 'README.md'), 'utf8'));
  writeFileSync(join(consumer.folder, 'server.mts'), program);
  compileConsumer(consumer, ['server.mts']);
  const running = await startProgram(consumer.folder, 'server.mts');
  try {
    for (const mount of listMounts(program)) await probeMount(running.origin, mount);
  } finally {
    await running.stop();
  }
  tell('runs the program of README.md: a challenge, and the metadata that it leads to');
}

function tell(text: string): void {
  console.log(`package: ${text}`);
}
