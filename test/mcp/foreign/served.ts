import { silentLog } from '../../../src/core/log.ts';
import type { Mountable, MountParts } from '../../../src/mcp/mountable.ts';
import { type HttpHost, listen } from '../http-host.ts';

/** What servers of somebody else's are started with. */
export const PARTS = { log: silentLog, clock: () => Math.floor(Date.now() / 1000), fetch };

/** Starts a server of somebody else's and listens for these callers; closing ends both. */
export async function serve(
  mountable: Mountable,
  callers: Parameters<typeof listen>[1],
  parts: MountParts = PARTS,
): Promise<HttpHost> {
  await mountable.start?.(parts);
  const host = await listen(mountable, callers);
  return {
    url: host.url,
    close: async () => {
      await host.close();
      await mountable.close?.();
    },
  };
}
