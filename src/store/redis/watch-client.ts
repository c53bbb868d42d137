import type { EventEmitter } from 'node:events';
import type { RedisClient } from './client.ts';
import { redisFault } from './fault.ts';

/** `coming`: the first attempt, or the first after a loss; `down`: that one failed too, more are made meanwhile. */
export type ClientState = 'coming' | 'up' | 'down' | 'closed';

/** What is known of a client's connection. */
export interface WatchedClient {
  state(): ClientState;
  /** From now on it is closed, whatever the client says. */
  end(): void;
  /** Waits for the attempt that is being made, then for `check` of a new connection. Rejects with why there is none. */
  usable(check: () => Promise<void>): Promise<void>;
}

const lost = (): Error => new Error('Connection is closed.');

/** Follows a client through its events; what breaks its connections is reported. */
export function watchClient(client: RedisClient, report: (fault: string, message: string) => void): WatchedClient {
  let state: ClientState = 'coming';
  let turn = Promise.withResolvers<void>();
  let lastError: unknown;
  let checked: Promise<void> | undefined;
  const enter = (next: ClientState): void => {
    if (state === 'closed') return;
    state = next;
    checked = undefined;
    turn.resolve();
    turn = Promise.withResolvers();
  };
  const failed = (error: unknown): void => {
    if (state === 'closed') return;
    lastError = error;
    const fault = redisFault(error);
    report(fault.class, fault.message);
    if (state === 'coming' && !isOfSelect(error)) enter('down');
  };
  const events: EventEmitter = client;
  events.on('ready', () => {
    lastError = undefined;
    enter('up');
  });
  events.on('close', () => (state === 'up' ? enter('coming') : failed(lastError ?? lost())));
  events.on('error', failed);
  events.on('node error', (error: unknown) => {
    const fault = redisFault(error);
    report(fault.class, fault.message);
  });
  return {
    state: () => state,
    end: () => enter('closed'),
    async usable(check) {
      if (state === 'coming') await turn.promise;
      if (state !== 'up') throw lastError ?? lost();
      checked ??= check();
      const mine = checked;
      try {
        await mine;
      } catch (error) {
        if (checked === mine) checked = undefined;
        throw error;
      }
    },
  };
}

/** The client is ready all the same, and the look at the server comes to the same refusal. */
const isOfSelect = (error: unknown): boolean =>
  error instanceof Error && 'command' in error && (error.command as { readonly name?: unknown }).name === 'select';
