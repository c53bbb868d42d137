import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

/** A server program that a test runs. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Ends it at once, or as a signal tells it to, and waits until it and what it has started have gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Whose process it is, where not ours. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a program and waits until it listens on `port`. Throws with what it said where it ends before. */
export async function startServer(
  program: string,
  args: readonly string[],
  port: number,
  owner?: Owner,
): Promise<ServerProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...owner });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
  }
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      process.off('exit', stop);
      resolve();
    };
    child.once('close', end).once('error', end);
  });
  while (!(await listens(port))) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${program} ended at its start:\n${said}`);
  }
  return {
    child,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await gone;
    },
  };
}

/** Whether a program is on the PATH and runs. */
export const runs = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Not yet: asked again after a moment.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return false;
  } finally {
    socket.destroy();
  }
}
