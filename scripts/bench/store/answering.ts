import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { MadeCode, Setup } from './setup.ts';

/** What this process was started for. */
export async function readSetup(): Promise<Setup> {
  const [setup] = (await once(process, 'message')) as [Setup];
  return setup;
}

/** A server that listens where it was told to. */
export async function listening({ port }: Setup): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

/** Says that it is ready; from then on makes codes, and tells its processor time in microseconds, whenever asked. */
export function answerAsked(makeCode: () => Promise<MadeCode>): void {
  process.on('message', async (asked: { readonly codes: number } | 'cpu') => {
    const { user, system } = process.cpuUsage();
    if (asked === 'cpu') process.send?.(user + system);
    else process.send?.(await Promise.all(Array.from({ length: asked.codes }, makeCode)));
  });
  process.send?.('ready');
}
