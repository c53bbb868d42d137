import type { Clock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** What was read, and for how many seconds it is fresh. */
export interface ReadDocument<T extends object> {
  readonly value: T;
  readonly freshFor: number;
}

/** How a document of somebody else's server is kept. Times in seconds. */
export interface KeptDocumentOptions<T extends object> {
  /** In the log. */
  readonly name: string;
  /** Reads it anew; the value is a new object every time. Whatever it rejects with leaves the old value in force. */
  read(): Promise<ReadDocument<T>>;
  /** How long a value is used beyond its freshness while no newer one can be had. */
  readonly maxStale: number;
  /** Least time between a failed attempt and the next, and between two that a caller asks for. */
  readonly coolDown: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A document that is read when it is needed, by one request for all who wait. */
export interface KeptDocument<T extends object> {
  /** The value, read anew when it is due. Rejects with `Unavailable` while there is none that may be used. */
  current(): Promise<T>;
  /**
   * A value read after `known` was: undefined where it is too early to ask again. Rejects with `Unavailable` where the
   * far side does not answer.
   */
  newerThan(known: T): Promise<T | undefined>;
}

/** Keeps one document. Nothing but a good answer replaces it. */
export function keptDocument<T extends object>(options: KeptDocumentOptions<T>): KeptDocument<T> {
  const { name, maxStale, coolDown, clock, log } = options;
  let held: { readonly value: T; readonly readAt: number; readonly freshUntil: number } | undefined;
  let failure: { readonly at: number; readonly cause: unknown } | undefined;
  let askedAt = -Infinity;
  let reading: Promise<void> | undefined;

  const readOnce = async (): Promise<void> => {
    try {
      const { value, freshFor } = await options.read();
      held = { value, readAt: clock(), freshUntil: clock() + freshFor };
      failure = undefined;
    } catch (cause) {
      failure = { at: clock(), cause };
      log.warn('document_unavailable', { document: name, kept: usable() !== undefined, error: cause });
    } finally {
      reading = undefined;
    }
  };
  const readNow = (): Promise<void> => {
    reading ??= readOnce();
    return reading;
  };
  const usable = () => (held !== undefined && clock() < held.freshUntil + maxStale ? held.value : undefined);
  const mayTry = () => failure === undefined || clock() - failure.at >= coolDown;
  const unavailable = () => {
    const wait = failure === undefined ? 1 : failure.at + coolDown - clock();
    return new Unavailable(`${name}_unavailable`, failure?.cause, Math.max(1, wait));
  };

  return {
    async current() {
      const due = held === undefined || clock() >= held.freshUntil;
      if (due && mayTry()) {
        // Known to be out: nobody waits for the next attempt while the old value serves.
        const waits = failure === undefined || usable() === undefined;
        const attempt = readNow();
        if (waits) await attempt;
      }
      const value = usable();
      if (value === undefined) throw unavailable();
      return value;
    },
    async newerThan(known) {
      // What was read this very second is as new as can be.
      const early = clock() - askedAt < coolDown || held?.readAt === clock() || !mayTry();
      if (held?.value === known && (reading !== undefined || !early)) {
        if (reading === undefined) askedAt = clock();
        await readNow();
      }
      if (held !== undefined && held.value !== known) return held.value;
      if (failure !== undefined) throw unavailable();
      return undefined;
    },
  };
}
