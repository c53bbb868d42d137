/** The same answer; `over` is called once, when its body has ended or nobody reads it any more, `read` for each part. */
export function whenOver(answer: Response, over: () => void, read?: () => void): Response {
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
      read?.();
      if (!part.done) return controller.enqueue(part.value);
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
