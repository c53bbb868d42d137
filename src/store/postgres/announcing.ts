import type { Log } from '../../core/log.ts';
import { sha256 } from '../../core/secrets.ts';
import type { AnnouncementCarrier, Ears } from '../announcing.ts';
import { faultLog } from '../fault-log.ts';
import { type Open, reopening } from '../reopening.ts';
import type { PostgresConnection } from './connection.ts';
import { postgresFault } from './fault.ts';
import type { PostgresListener } from './pool.ts';

/** What word between nodes is carried over. */
export interface PostgresCarrierParts {
  readonly connection: Pick<PostgresConnection, 'run'>;
  /** A connection that is not shared. */
  readonly listener: () => Promise<PostgresListener>;
  readonly table: string;
  readonly log: Log;
}

/** NOTIFY from the pool, LISTEN on a connection of its own. The name of the channel stands for the table. */
export function postgresCarrier({ connection, listener, table, log }: PostgresCarrierParts): AnnouncementCarrier {
  // A name of at most 63 characters, whatever the table is called.
  const channel = `gatehouse_${Buffer.from(sha256(table), 'base64url').toString('hex').slice(0, 32)}`;
  const report = faultLog(log, 'announcements_fault');
  const listenOn =
    (ears: Ears): Open =>
    (attempt) => {
      const failed = (error: unknown): void => {
        const fault = postgresFault(error);
        report(fault.class, fault.message);
        attempt.lost();
      };
      const opening = listener();
      const follow = async (client: PostgresListener): Promise<void> => {
        client.on('error', failed);
        client.on('end', () => attempt.lost());
        client.on('notification', ({ payload }) => ears.heard(payload ?? ''));
        await client.query(`LISTEN ${channel}`);
        attempt.opened();
        ears.opened();
      };
      opening.then(follow).catch(failed);
      return () => opening.then((client) => client.end()).catch(() => undefined);
    };
  return {
    send: (message) =>
      connection.run('SELECT pg_notify($1, $2)', [channel, message]).then(
        () => true,
        // The connection has told of it.
        () => false,
      ),
    listen: (ears) => reopening(listenOn(ears)),
  };
}
