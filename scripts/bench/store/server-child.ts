import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../test/support/free-port.ts';
import type { MadeCode, Setup } from './setup.ts';

/** A server in a process of its own. */
export interface ServerChild {
  readonly base: string;
  /** Microseconds of processor time up to now. */
  cpu(): Promise<number>;
  /** Codes that nobody has redeemed. */
  codes(count: number): Promise<readonly MadeCode[]>;
  stop(): Promise<void>;
}

/** The programs that serve. */
export type Program = 'whole-host' | 'token-host' | 'bare-provider';

/** Where a server of the bench will be. */
export async function freeBase(): Promise<Pick<Setup, 'port' | 'base'>> {
  const port = await freePort();
  return { port, base: `http://127.0.0.1:${port}` };
}

/** Starts one of the programs. Throws where it ends instead. */
export async function startChild(program: Program, setup: Setup): Promise<ServerChild> {
  const path = fileURLToPath(new URL(`${program}.ts`, import.meta.url));
  const child = fork(path, { env: { ...process.env, LOG_LEVEL: 'error' } });
  const ask = async <T>(question: unknown): Promise<T> => {
    child.send(question as object);
    return answerOf<T>(child, program);
  };
  await ask(setup);
  return {
    base: setup.base,
    cpu: () => ask<number>('cpu'),
    codes: (count) => ask<readonly MadeCode[]>({ codes: count }),
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function answerOf<T>(child: ChildProcess, program: Program): Promise<T> {
  const done = new AbortController();
  const gone = once(child, 'exit', { signal: done.signal }).then(() => {
    throw new Error(`${program} ended.`);
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal: done.signal }), gone]);
    return answer as T;
  } finally {
    done.abort();
    gone.catch(() => undefined);
  }
}
