import type { Clock } from '../core/clock.ts';
import { InvalidToken } from '../core/errors.ts';
import { singleFlights } from '../core/single-flight.ts';

/** How refusals are remembered: how many, and for how many seconds. */
export interface AskedOnceOptions {
  readonly entries: number;
  readonly refusalTtl: number;
}

/** Asks something else about credentials, by a name for each question that must not be the credential itself. */
export type AskedOnce<T> = (name: string, question: () => Promise<T>) => Promise<T>;

/**
 * Of all who ask the same at once, one asks. A refusal (`InvalidToken`) is remembered for a moment, so that a bad token sent
 * over and over is no load for the far side; answers and outages are not.
 */
export function askedOnce<T>({ entries, refusalTtl }: AskedOnceOptions, clock: Clock): AskedOnce<T> {
  const once = singleFlights<T>();
  const refused = new Map<string, { readonly fault: InvalidToken; readonly until: number }>();
  const remember = (name: string, fault: InvalidToken) => {
    refused.delete(name);
    refused.set(name, { fault, until: clock() + refusalTtl });
    for (const oldest of refused.keys()) {
      if (refused.size <= entries) break;
      refused.delete(oldest);
    }
  };
  return (name, question) => {
    const known = refused.get(name);
    if (known !== undefined && known.until > clock()) return Promise.reject(known.fault);
    return once(name, () =>
      question().catch((error: unknown) => {
        if (error instanceof InvalidToken) remember(name, error);
        throw error;
      }),
    );
  };
}
