import { Unavailable } from '../../core/errors.ts';

/** The same response, whose body fails with Unavailable where one message of it is larger: an event of a stream, else the whole. */
export function boundedBody(response: Response, maxBytes: number): Response {
  if (response.body === null) return response;
  const events = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  let size = 0;
  let tail = Buffer.alloc(0);
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (events) {
        const text = Buffer.concat([tail, chunk]);
        const end = Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\r\n\r\n'), text.lastIndexOf('\r\r'));
        if (end !== -1) size = text.byteLength - end;
        tail = text.subarray(-3);
      }
      if (size > maxBytes) controller.error(new Unavailable('foreign_answer_too_large'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(bounded), { status, statusText, headers });
}
