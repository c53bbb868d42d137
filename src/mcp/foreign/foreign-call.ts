import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { AskedClient } from '../ask.ts';
import { AnswerNeeded } from '../ask-in-rounds.ts';
import type { CallContext } from '../context.ts';
import { type GivesUp, type WaitingCall, waitingCalls } from './waiting-calls.ts';

/** One call that runs on somebody else's server for one caller, while the caller's client comes and goes with answers. */
export interface ForeignCall {
  /** Aborts when the caller has gone for good, and when the call has come to its end. */
  readonly signal: AbortSignal;
  /** What the caller is at present reached by; undefined while its client fetches an answer. */
  current(): CallContext | undefined;
  /**
   * Puts a question, again in each round until it is answered. `key` tells it from the other questions of the call: `name`,
   * where none of them has it. Rejects with ProtocolError where too many are open, and when the call ends.
   */
  ask<T>(question: (context: CallContext, key: string) => Promise<T>, name?: string): Promise<T>;
}

/** How many questions of one call may be open. */
const MOST_QUESTIONS = 20;

/** Whose call it is, whether its client comes back to it with answers, and how much it sent along. */
export type ServedRound = WaitingCall & Pick<AskedClient, 'returns'>;

/** The calls of one server that run, and those that wait for their caller's client to come back. */
export interface ForeignCalls {
  /**
   * Serves one round: goes on with the caller's same call where their client returns to it and it waits, or begins it. Rejects
   * with the question where the caller's client has to call again with an answer.
   */
  serve<T>(what: ServedRound, context: CallContext, begin: (call: ForeignCall) => Promise<T>): Promise<T>;
  /** Gives up those that wait. */
  close(): void;
}

interface Running extends GivesUp {
  serve(context: CallContext): Promise<unknown>;
}

/** No call yet. */
export function foreignCalls(): ForeignCalls {
  const waiting = waitingCalls<Running>();
  return {
    async serve<T>({ returns, ...what }: ServedRound, context: CallContext, begin: (call: ForeignCall) => Promise<T>) {
      const waited = returns ? waiting.take(what) : undefined;
      const running = waited ?? startCall(begin, (call) => waiting.add(what, call));
      return (await running.serve(context)) as T;
    },
    close: waiting.close,
  };
}

interface Round {
  readonly context: CallContext;
  interrupt(question: AnswerNeeded): void;
}

function startCall(begin: (call: ForeignCall) => Promise<unknown>, wait: (running: Running) => void): Running {
  const gone = new AbortController();
  let round: Round | undefined;
  const keys = new Set<string>();
  let open = 0;
  const toBeTold: ((next: Round) => void)[] = [];
  const nextRound = () =>
    new Promise<Round>((resolve, reject) => {
      toBeTold.push(resolve);
      gone.signal.addEventListener('abort', () => reject(gone.signal.reason), { once: true });
    });
  const answered = async <T>(question: (context: CallContext, key: string) => Promise<T>, key: string): Promise<T> => {
    for (;;) {
      gone.signal.throwIfAborted();
      const asked = round ?? (await nextRound());
      try {
        return await question(asked.context, key);
      } catch (error) {
        if (!(error instanceof AnswerNeeded)) throw error;
        asked.interrupt(error);
      }
    }
  };
  const call: ForeignCall = {
    signal: gone.signal,
    current: () => round?.context,
    async ask(question, name) {
      checkQuestions(open + 1);
      const key = name === undefined || keys.has(name) ? freeKey(keys) : name;
      keys.add(key);
      open += 1;
      try {
        return await answered(question, key);
      } finally {
        open -= 1;
      }
    },
  };
  let ending: Promise<unknown> | undefined;
  const running: Running = {
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
        ending ??= begin(call).finally(() => gone.abort(new Error('The call is over.')));
        ending.finally(over).then(resolve, reject);
      }),
  };
  return running;
}

/** Throws ProtocolError where a call must not have so many open questions. */
export function checkQuestions(open: number): void {
  if (open <= MOST_QUESTIONS) return;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidRequest,
    `A call may have ${MOST_QUESTIONS} open questions at most.`,
  );
}

function freeKey(taken: ReadonlySet<string>): string {
  let count = taken.size + 1;
  while (taken.has(`question-${count}`)) count += 1;
  return `question-${count}`;
}
