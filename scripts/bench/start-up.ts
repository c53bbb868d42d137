import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.ts';

/** A demo host in a process of its own. */
export interface DemoHost {
  readonly url: string;
  /** Milliseconds from spawning the process to the first 200 of `/readyz`. */
  readonly startUp: number;
  stop(): Promise<void>;
}

const DEMO = fileURLToPath(new URL('../demo.ts', import.meta.url));

/** Starts what `npm start` starts, with its state in `directory`. */
export async function startDemo(directory: string): Promise<DemoHost> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { ...process.env, PORT: `${port}`, GATEHOUSE_DIR: directory, PUBLIC_URL: '', LOG_LEVEL: 'error' };
  const begun = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, DEMO], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = once(child, 'exit');
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`The demo host ended with exit code ${child.exitCode}.`);
    await wait(5);
  }
  return {
    url,
    startUp: performance.now() - begun,
    async stop() {
      child.kill();
      await gone;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
