/** Starts the MCP Inspector on the demo's mounts: its web page, or its command line with `--cli …`. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { readDemo, runScript } from './demo-env.ts';

const SERVERS = ['echo', 'math', 'notes'];

await runScript(async () => {
  const demo = await readDemo();
  const directory = resolve(process.env.GATEHOUSE_DIR || '.gatehouse', 'inspector');
  const config = await writeServers(directory, demo.DEMO_URL);
  // On stderr: the command line's results on stdout stay machine-readable.
  console.error(
    `Sign in as ada, password ${demo.DEMO_ADA_PASSWORD} (grace may only read: ${demo.DEMO_GRACE_PASSWORD})\n`,
  );
  process.exitCode = await runInspector(inspectorArguments(process.argv.slice(2), config), directory);
});

/** The Inspector's list of servers. `notes` starts with reading only, so that adding a note shows a step-up. */
async function writeServers(directory: string, url: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const mcpServers = Object.fromEntries(
    SERVERS.map((name) => [
      name,
      {
        type: 'http',
        url: `${url}/${name}/mcp`,
        protocolEra: 'auto',
        ...(name === 'notes' ? { oauth: { scopes: 'notes:read' } } : {}),
      },
    ]),
  );
  const file = join(directory, 'mcp.json');
  await writeFile(file, `${JSON.stringify({ mcpServers }, null, 2)}\n`);
  return file;
}

/** The Inspector wants its mode first; the command line wants one server. */
function inspectorArguments(given: readonly string[], config: string): readonly string[] {
  if (given[0] !== '--cli') return ['--web', '--config', config, ...given.filter((word) => word !== '--web')];
  const server = given.includes('--server') ? [] : ['--server', 'notes'];
  return ['--cli', '--config', config, ...server, ...given.slice(1)];
}

function runInspector(words: readonly string[], directory: string): Promise<number> {
  const packageFile = createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json');
  const launcher = join(dirname(packageFile), 'clients/launcher/build/index.js');
  const env = { ...process.env, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_STORAGE_DIR: join(directory, 'storage') };
  const child = spawn(process.execPath, [launcher, ...words], { stdio: 'inherit', env });
  // The terminal sends Ctrl-C to both: the Inspector decides when it is over.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill());
  return new Promise((resolveExit, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolveExit(code ?? 1));
  });
}
