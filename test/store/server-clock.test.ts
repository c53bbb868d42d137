import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { type KeptClock, serverClock } from '../../src/store/server-clock.ts';
import { recordingLog } from './recording-log.ts';

let kept: KeptClock | undefined;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => {
  kept?.stop();
  vi.useRealTimers();
});

/** A server at 1,000 s, and a machine whose wall clock is hours off. */
function machine() {
  const state = { monotonic: 5_000_000, server: 1_000_000, slow: 0, out: false, asked: 0 };
  const { log, lines } = recordingLog();
  const parts = {
    log,
    fallback: () => 9999,
    monotonic: () => state.monotonic,
    time: async () => {
      state.asked += 1;
      if (state.out) throw new Unavailable('redis: NOPERM');
      state.monotonic += state.slow;
      return state.server;
    },
  };
  return { state, parts, lines };
}

test('tells the time of the server, and runs on between two looks whatever the wall clock does', async () => {
  const { state, parts } = machine();
  kept = await serverClock(parts);
  expect(kept.clock()).toBe(1000);

  state.monotonic += 7000;
  expect(kept.clock()).toBe(1007);
  state.server = 1_020_000;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(kept.clock()).toBe(1020);
});

test('half of a round trip is counted; an answer that comes late does not count, nor does one that does not come', async () => {
  const { state, parts } = machine();
  state.slow = 400;
  kept = await serverClock(parts);
  expect(kept.clock()).toBe(1000);
  state.monotonic += 800;
  expect(kept.clock()).toBe(1001);

  state.slow = 5000;
  state.server = 2_000_000;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(kept.clock()).toBeLessThan(1010);
  state.slow = 0;
  state.out = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(kept.clock()).toBeLessThan(1010);
  state.out = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(kept.clock()).toBe(2000);
});

test('a server that does not tell its time leaves the clock of the machine, and says so once', async () => {
  const { state, parts, lines } = machine();
  state.out = true;
  kept = await serverClock(parts);
  expect(kept.clock()).toBe(9999);
  expect(lines.map(([event]) => event)).toEqual(['clock_of_this_node']);

  kept.stop();
  const { asked } = state;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.asked).toBe(asked);
});
