import { AnswerNeeded } from '../ask-in-rounds.ts';
import type { CallContext } from '../context.ts';

/** One call that runs on somebody else's server for one caller, while the caller's client comes and goes with answers. */
export interface ForeignCall {
  /** Aborts when the caller has gone for good. */
  readonly signal: AbortSignal;
  /** What the caller is at present reached by; undefined while its client fetches an answer. */
  current(): CallContext | undefined;
  /** Puts a question, again in each round until it is answered. `key` tells it from the other questions of the call. */
  ask<T>(question: (context: CallContext, key: string) => Promise<T>): Promise<T>;
}

/** The calls of one server that run, and those that wait for their caller's client to come back. */
export interface ForeignCalls {
  /**
   * Serves one round: goes on with the caller's same call where one waits, or begins it. Rejects with the question where
   * the caller's client has to call again with an answer.
   */
  serve<T>(what: CallKey, context: CallContext, begin: (call: ForeignCall) => Promise<T>): Promise<T>;
  /** Gives up those that wait. */
  close(): void;
}

/** Whose call it is, and of what: nothing else goes on with it. */
export interface CallKey {
  readonly owner: string;
  readonly method: string;
  readonly params: unknown;
}

/** How long a call waits for its caller's client, in milliseconds, and how many may wait: of one caller, and in all. */
const PATIENCE = 600_000;
const MOST_OF_ONE = 10;
const MOST = 1000;

interface Running {
  readonly owner: string;
  key(): string;
  serve(context: CallContext): Promise<unknown>;
  giveUp(why: string): void;
}

/** No call yet. */
export function foreignCalls(): ForeignCalls {
  const waiting = new Map<Running, NodeJS.Timeout>();
  const forget = (running: Running): void => {
    clearTimeout(waiting.get(running));
    waiting.delete(running);
  };
  const giveUp = (running: Running, why: string): void => {
    forget(running);
    running.giveUp(why);
  };
  const wait = (running: Running): void => {
    const own = [...waiting.keys()].filter(({ owner }) => owner === running.owner);
    const [oldest] = own.length >= MOST_OF_ONE ? own : waiting.size >= MOST ? waiting.keys() : [];
    if (oldest !== undefined) giveUp(oldest, 'too many calls wait for an answer');
    waiting.set(running, setTimeout(() => giveUp(running, 'nobody came back with an answer'), PATIENCE).unref());
  };
  return {
    async serve<T>({ owner, method, params }: CallKey, context: CallContext, begin: (call: ForeignCall) => Promise<T>) {
      const own = [...waiting.keys()].filter((running) => running.owner === owner);
      const key = () => JSON.stringify([method, params]);
      const found = own.length === 0 ? undefined : own.find((running) => running.key() === key());
      if (found !== undefined) forget(found);
      const running = found ?? startCall(owner, key, begin, wait);
      return (await running.serve(context)) as T;
    },
    close() {
      for (const running of [...waiting.keys()]) giveUp(running, 'the server closes');
    },
  };
}

interface Round {
  readonly context: CallContext;
  interrupt(question: AnswerNeeded): void;
}

function startCall(
  owner: string,
  key: () => string,
  begin: (call: ForeignCall) => Promise<unknown>,
  wait: (running: Running) => void,
): Running {
  const gone = new AbortController();
  let round: Round | undefined;
  let count = 0;
  const toBeTold: ((next: Round) => void)[] = [];
  const nextRound = () =>
    new Promise<Round>((resolve, reject) => {
      toBeTold.push(resolve);
      gone.signal.addEventListener('abort', () => reject(gone.signal.reason), { once: true });
    });
  const call: ForeignCall = {
    signal: gone.signal,
    current: () => round?.context,
    async ask(question) {
      count += 1;
      const name = `question-${count}`;
      for (;;) {
        const asked = round ?? (await nextRound());
        try {
          return await question(asked.context, name);
        } catch (error) {
          if (!(error instanceof AnswerNeeded)) throw error;
          asked.interrupt(error);
        }
      }
    },
  };
  let ending: Promise<unknown> | undefined;
  const running: Running = {
    owner,
    key,
    giveUp: (why) => gone.abort(new Error(why)),
    serve: (context) =>
      new Promise((resolve, reject) => {
        const leave = () => gone.abort(context.signal.reason);
        const over = () => {
          context.signal.removeEventListener('abort', leave);
          if (round === now) round = undefined;
        };
        const now: Round = {
          context,
          interrupt(question) {
            if (round !== now) return;
            over();
            wait(running);
            reject(question);
          },
        };
        if (context.signal.aborted) leave();
        context.signal.addEventListener('abort', leave, { once: true });
        round = now;
        for (const tell of toBeTold.splice(0)) tell(now);
        ending ??= begin(call);
        ending.finally(over).then(resolve, reject);
      }),
  };
  return running;
}
