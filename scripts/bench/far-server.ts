import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Target } from './load.ts';

/** A bare server of one tool in a process of its own, which ends with this one: what a proxy stands in front of. */
export async function startFarServer(): Promise<Target> {
  const child = fork(fileURLToPath(new URL('bare-sdk.ts', import.meta.url)), ['call', '1']);
  const [target] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Target];
  return target;
}
