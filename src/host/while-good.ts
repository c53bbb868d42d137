import { InvalidToken } from '../core/errors.ts';

/** How the token of a stream is looked at again. */
export interface WhileGoodParts {
  /** Milliseconds from one look to the next. */
  readonly every: number;
  /** Finds the caller again from the same credentials. Rejects with InvalidToken where they are no longer good. */
  check(): Promise<unknown>;
  /** Whether the token has run out, whatever `check` can say for the moment. */
  isOver(): boolean;
}

/**
 * The same stream, which ends in an orderly way once its token has expired or was revoked: a client comes back with
 * another one. An outage of ours ends no stream before its token does.
 */
export function whileGood(answer: Response, { every, check, isOver }: WhileGoodParts): Response {
  if (answer.body === null) return answer;
  const reader = answer.body.getReader();
  let ended = false;
  let looking: NodeJS.Timeout | undefined;
  const end = (): void => {
    ended = true;
    clearInterval(looking);
  };
  const isGood = () =>
    check().then(
      () => true,
      (error: unknown) => !(error instanceof InvalidToken) && !isOver(),
    );
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      looking = setInterval(async () => {
        if ((await isGood()) || ended) return;
        end();
        controller.close();
        await reader.cancel();
      }, every);
    },
    async pull(controller) {
      const part = await reader.read();
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
