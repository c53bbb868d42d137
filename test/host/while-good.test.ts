import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InvalidToken, Unavailable } from '../../src/core/errors.ts';
import { type WhileGoodParts, whileGood } from '../../src/host/while-good.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A stream that says one word and goes on, under a token whose state a test changes. */
function stream(parts: Partial<WhileGoodParts> = {}) {
  const state = { check: async (): Promise<unknown> => undefined, over: false, cancelled: false } as {
    check(): Promise<unknown>;
    over: boolean;
    cancelled: boolean;
    source: ReadableStreamDefaultController<Uint8Array>;
  };
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      state.source = controller;
      controller.enqueue(new TextEncoder().encode('word'));
    },
    cancel: () => {
      state.cancelled = true;
    },
  });
  const answer = new Response(source, { headers: { 'content-type': 'text/event-stream' } });
  const watched = whileGood(answer, {
    ...never,
    every: 1000,
    check: () => state.check(),
    isOver: () => state.over,
    ...parts,
  });
  return { state, watched, reader: watched.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> };
}

/** Neither an end that is known nor word of one. */
const never = { left: 1e12, watch: () => () => undefined };

const refuse = (error: Error) => async () => {
  throw error;
};

it('XM-02 a stream goes on while its token is good, and ends in good order once it is not', async () => {
  const { state, watched, reader } = stream();
  expect([watched.status, watched.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  await vi.advanceTimersByTimeAsync(5000);
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('word');
  const next = reader.read();
  state.check = refuse(new InvalidToken('revoked'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(await next).toEqual({ done: true, value: undefined });
  expect([state.cancelled, vi.getTimerCount()]).toEqual([true, 0]);
});

it('F06 an outage of ours ends no stream before its token does', async () => {
  const { state, reader } = stream();
  await reader.read();
  state.check = refuse(new Unavailable('store'));
  const next = reader.read();
  await vi.advanceTimersByTimeAsync(5000);
  expect(state.cancelled).toBe(false);
  state.over = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect((await next).done).toBe(true);
});

it('a stream that nobody reads any more is not looked after', async () => {
  const { state, reader } = stream();
  await reader.cancel();
  expect([state.cancelled, vi.getTimerCount()]).toEqual([true, 0]);
});

it('MC-18 a stream passes nothing on once its token is no longer good, whenever that was found out', async () => {
  const { state, reader } = stream();
  await reader.read();
  state.check = refuse(new InvalidToken('revoked'));
  state.source.enqueue(new TextEncoder().encode('secret'));
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect([state.cancelled, vi.getTimerCount()]).toEqual([true, 0]);
});

it('MC-18 a stream ends with its token to the millisecond, and at once when word comes that it was revoked', async () => {
  const dated = stream({ left: 700 });
  await dated.reader.read();
  dated.state.check = refuse(new InvalidToken('expired'));
  const next = dated.reader.read();
  await vi.advanceTimersByTimeAsync(699);
  expect(dated.state.cancelled).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect((await next).done).toBe(true);

  let look = (): void => undefined;
  let watching = 1;
  const told = stream({
    watch: (given) => {
      look = given;
      return () => {
        watching -= 1;
      };
    },
  });
  await told.reader.read();
  look();
  await vi.advanceTimersByTimeAsync(1);
  expect(told.state.cancelled).toBe(false);
  told.state.check = refuse(new InvalidToken('revoked'));
  look();
  expect((await told.reader.read()).done).toBe(true);
  expect(watching).toBe(0);
});
