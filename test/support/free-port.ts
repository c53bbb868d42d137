import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to connections and to listeners on port 0, so that nobody is given it meanwhile. */
const [FIRST, BEHIND_LAST] = [10_000, 32_000];
/** Workers that run tests at the same time choose from ports of their own: one in this many. */
const LANES = 8;
const lane = Number(process.env.VITEST_POOL_ID ?? 0) % LANES;
const given = new Set<number>();

/** A port of this machine that nobody listens on: for programs that cannot choose one, and for servers that come back. */
export async function freePort(): Promise<number> {
  const server = createServer();
  for (;;) {
    const port = randomInt(FIRST / LANES, BEHIND_LAST / LANES) * LANES + lane;
    if (given.has(port)) continue;
    given.add(port);
    server.listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
