import { InvalidToken } from '../core/errors.ts';

/** How the token of a stream is looked at again. */
export interface WhileGoodParts {
  /** Milliseconds from one look to the next. */
  readonly every: number;
  /** Milliseconds until the token runs out. */
  readonly left: number;
  /** Calls `look` when it is time for one, because something was ended. The answer stops it. */
  watch(look: () => void): () => void;
  /** Finds the caller again from the same credentials. Rejects with InvalidToken where they are no longer good. */
  check(): Promise<unknown>;
  /** Whether the token has run out, whatever `check` can say for the moment. */
  isOver(): boolean;
}

/** The longest time that a timer takes, in milliseconds: 24 days. */
const LONGEST = 2 ** 31 - 1;

/**
 * The same stream, which ends in an orderly way once its token has expired or was revoked: a client comes back with
 * another one. The token is looked at before anything is passed on, too. An outage of ours ends no stream before its token
 * does.
 */
export function whileGood(answer: Response, { every, left, watch, check, isOver }: WhileGoodParts): Response {
  if (answer.body === null) return answer;
  const reader = answer.body.getReader();
  let ended = false;
  let stopLooking = (): void => undefined;
  const end = (): void => {
    ended = true;
    stopLooking();
  };
  let look = async (): Promise<void> => undefined;
  const isGood = () =>
    check().then(
      () => true,
      (error: unknown) => !(error instanceof InvalidToken) && !isOver(),
    );
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      look = async () => {
        if ((await isGood()) || ended) return;
        end();
        controller.close();
        await reader.cancel();
      };
      const [looking, last] = [setInterval(look, every), setTimeout(look, Math.min(left, LONGEST))];
      const stopWatching = watch(look);
      stopLooking = () => {
        clearInterval(looking);
        clearTimeout(last);
        stopWatching();
      };
    },
    async pull(controller) {
      const part = await reader.read();
      await look();
      if (ended) return;
      if (!part.done) return controller.enqueue(part.value);
      end();
      controller.close();
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}
