import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedBody } from '../../../src/mcp/remote/bounded-body.ts';

/** The text of a response that comes in pieces of `sizes` bytes, or that it is too large. */
async function through(text: string, sizes: readonly number[], type: string, maxBytes: number): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  let turn = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = sizes[turn % sizes.length] ?? 1;
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
      turn += 1;
    },
  });
  const response = new Response(body, { headers: { 'content-type': type } });
  return boundedBody(response, maxBytes)
    .text()
    .catch((error: { reason?: string }) => error.reason ?? 'another error');
}

describe('the body of an answer', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

  it('is passed on as it is within the bound, and fails beyond it, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), sizes, async (length, cut) => {
        const text = 'x'.repeat(length);
        const expected = length <= 30 ? text : 'foreign_answer_too_large';
        expect(await through(text, cut, 'application/json', 30)).toBe(expected);
      }),
    );
  });

  it('of a stream may be as long as it likes, but no single event of it', async () => {
    const end = fc.constantFrom('\n\n', '\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 8 }),
        end,
        sizes,
        async (events, mark, cut) => {
          const text = events.map((length) => 'e'.repeat(length) + mark).join('');
          expect(await through(text, cut, 'text/event-stream', 40)).toBe(text);
          expect(await through(`${text}${'e'.repeat(60)}`, cut, 'text/event-stream', 40)).toBe(
            'foreign_answer_too_large',
          );
        },
      ),
    );
  });
});
