import { type ClientRecords, clientRecords } from '../authorization/client-records.ts';
import { machines } from '../authorization/machines.ts';
import { revocations } from '../authorization/revocations.ts';
import { statelessClients } from '../authorization/stateless-clients.ts';
import { systemClock as clock } from '../core/clock.ts';
import { publishedUrl } from '../core/public-url.ts';
import { lifetimesOf } from '../host/authorization-options.ts';
import type { OpenedVault } from './open.ts';

/** The clients of a server with these settings. No metadata document is fetched: of those whose id is a URL none is known. */
export function clientRecordsHere({ store, ring, config }: OpenedVault): ClientRecords {
  const lifetimes = lifetimesOf(config);
  const ended = revocations({ store, clock, lifetimes });
  return clientRecords({
    store,
    clock,
    lifetimes,
    revocations: ended,
    machines: machines({ store, clock, revocations: ended }),
    documented: async () => undefined,
    stateless: statelessClients({ keys: ring, issuer: publishedUrl(config.publicUrl), clock, lifetime: Infinity }),
  });
}
