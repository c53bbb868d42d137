/** Who is told how an answer is read. */
export interface Readers {
  /** Of each part that is taken. */
  read?(part: Uint8Array): void;
  /** Once, when its body has ended or nobody reads it any more. */
  over?(): void;
}

/** The same answer, of which these are told. */
export function readAlong(answer: Response, { read, over: tell }: Readers): Response {
  let told = false;
  // Where nobody reads it any more, a part that was waited for ends it once more.
  const over = () => {
    if (!told) tell?.();
    told = true;
  };
  if (answer.body === null) {
    over();
    return answer;
  }
  const reader = answer.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await reader.read().catch((error: unknown) => {
        over();
        throw error;
      });
      if (!part.done) {
        read?.(part.value);
        return controller.enqueue(part.value);
      }
      over();
      controller.close();
    },
    cancel(reason) {
      over();
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}
