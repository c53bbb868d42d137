import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to connections and to listeners on port 0, so that nobody is given it meanwhile. */
const [FIRST, BEHIND_LAST] = [10_000, 32_000];

/** A port of this machine that nobody listens on: for programs that cannot choose one, and for servers that come back. */
export async function freePort(): Promise<number> {
  const server = createServer();
  for (;;) {
    const port = randomInt(FIRST, BEHIND_LAST);
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
