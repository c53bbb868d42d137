import { TooManyRequests } from '../../core/errors.ts';

/** Does `action` in its caller's turn. Rejects with TooManyRequests and this wait (seconds) where too many wait already. */
export type Turns = <T>(caller: string, wait: number, action: () => Promise<T>) => Promise<T>;

/** At most `atOnce` actions of one caller run, `waiting` more come after them in their order. Remembers only callers that have some. */
export function turns(budget: string, atOnce: number, waiting: number): Turns {
  const callers = new Map<string, { running: number; readonly line: (() => void)[] }>();
  return async (caller, wait, action) => {
    const own = callers.get(caller) ?? { running: 0, line: [] };
    callers.set(caller, own);
    if (own.running < atOnce) own.running += 1;
    else if (own.line.length >= waiting) throw new TooManyRequests(budget, wait);
    else await new Promise<void>((go) => own.line.push(go));
    try {
      return await action();
    } finally {
      const next = own.line.shift();
      if (next === undefined) own.running -= 1;
      else next();
      if (own.running === 0) callers.delete(caller);
    }
  };
}
