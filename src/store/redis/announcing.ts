import type { Redis } from 'ioredis';
import type { Log } from '../../core/log.ts';
import type { AnnouncementCarrier, Ears } from '../announcing.ts';
import { faultLog } from '../fault-log.ts';
import { type Attempt, type Open, reopening } from '../reopening.ts';
import { redisSubscriber } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { redisFault } from './fault.ts';
import type { RedisTarget } from './url.ts';

/** What word between nodes is carried over. `timeout` in milliseconds. */
export interface RedisCarrierParts {
  readonly connection: RedisConnection;
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly timeout: number;
  readonly log: Log;
}

/** How long a user without the right to listen waits before asking again, in milliseconds. */
const FORBIDDEN_MS = 60_000;

/**
 * One channel under the prefix. Plain PUBLISH, in a cluster too: its nodes hand it on to each other, so that whichever node
 * we listen at hears everything and no slot has to be followed; and sharded channels came with Redis 7 only.
 */
export function redisCarrier(parts: RedisCarrierParts): AnnouncementCarrier {
  const { connection, target, prefix, timeout, log } = parts;
  // A database is a deployment of its own; channels know no databases.
  const channel = `${prefix}announcements:${target.database}`;
  const report = faultLog(log, 'announcements_fault');
  const forbidden = forbiddenLog(log, channel);
  const subscribe =
    (ears: Ears, addresses: () => RedisTarget['addresses'][number]): Open =>
    (attempt) => {
      const client = redisSubscriber(target, addresses(), timeout);
      follow(client, attempt, (fault) => report(fault.class, fault.message));
      client.on('message', (_channel, message) => ears.heard(message));
      client.once('ready', () => {
        client.subscribe(channel).then(
          () => {
            attempt.opened();
            ears.opened();
          },
          (error: unknown) => {
            if (forbidden(error)) attempt.lost(FORBIDDEN_MS);
            client.disconnect();
          },
        );
      });
      return async () => client.disconnect();
    };
  return {
    send: (message) =>
      connection
        .run((client) =>
          client.call('publish', channel, message).then(
            () => true,
            (error: unknown) => {
              if (forbidden(error)) return false;
              throw error;
            },
          ),
        )
        // The connection has told of it.
        .catch(() => false),
    listen(ears) {
      let turn = 0;
      return reopening(
        subscribe(ears, () => {
          const addresses = connection.addresses();
          turn += 1;
          return addresses[turn % addresses.length] ?? target.addresses[0];
        }),
      );
    },
  };
}

function follow(client: Redis, { lost }: Attempt, report: (fault: ReturnType<typeof redisFault>) => void): void {
  client.on('error', (error) => report(redisFault(error)));
  client.once('end', () => lost());
}

/** Says once what the user lacks: without it nodes learn by asking the store. */
function forbiddenLog(log: Log, channel: string): (error: unknown) => boolean {
  let told = false;
  return (error) => {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) return false;
    const reason = `the user in STORE_URL may not publish to or subscribe to ${channel}: nodes learn of changes by asking (see docs/storage.md)`;
    if (!told) log.warn('announcements_forbidden', { reason });
    told = true;
    return true;
  };
}
