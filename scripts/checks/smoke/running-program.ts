import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A program that listens. `stop` asks it to end (SIGTERM) and waits until it has. */
export interface RunningProgram {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Runs a TypeScript file on a free port (`PORT`) and waits until it answers, at most 30 s. Throws with its output when it ends first. */
export async function startProgram(folder: string, file: string): Promise<RunningProgram> {
  const port = await findFreePort();
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { PATH, HOME, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = once(child, 'close');
  const origin = `http://localhost:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  if (await answers(origin, () => child.exitCode !== null)) return { origin, stop };
  await stop();
  throw new Error(`The program of README.md did not answer on PORT=${port}. It printed:\n${output}`);
}

async function answers(origin: string, hasEnded: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && !hasEnded(); await wait(50)) {
    const response = await fetch(origin, { redirect: 'manual' }).catch(() => undefined);
    if (response !== undefined) return true;
  }
  return false;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}
