import { expect, it } from 'vitest';
import { clockWatch } from '../../src/host/clock-watch.ts';
import { recordingLog } from '../store/recording-log.ts';

/** A node at second 1000 whose server is asked in `trip` milliseconds, and `ahead` seconds behind it. */
function watched() {
  const state = { ahead: 0, trip: 0, now: 0, asked: 0, silent: false };
  const { log, lines } = recordingLog();
  const check = clockWatch({
    time: async () => {
      state.asked += 1;
      state.now += state.trip;
      if (state.silent) throw new Error('NOPERM');
      return (1000.5 - state.ahead) * 1000 + state.trip / 2;
    },
    clock: () => 1000,
    log,
    monotonic: () => state.now,
  });
  return { state, check, lines };
}

it('F15 refuses beyond 30 seconds either way, and not a second before', async () => {
  for (const ahead of [-30, 30]) {
    const { state, check } = watched();
    state.ahead = ahead;
    await expect(check()).resolves.toBeUndefined();
  }
  for (const ahead of [-31, 31]) {
    const { state, check } = watched();
    state.ahead = ahead;
    await expect(check()).rejects.toMatchObject({ status: 503, reason: 'clock_skew' });
  }
});

it('asks every ten seconds at most while the clock is right, and counts half of the way', async () => {
  const { state, check } = watched();
  [state.ahead, state.trip] = [30, 1900];
  await check();
  state.now += 9999;
  await check();
  expect(state.asked).toBe(1);
  state.now += 1;
  await check();
  expect(state.asked).toBe(2);
});

it('tells of a wrong clock once a minute, and is well again as soon as it is right', async () => {
  const { state, check, lines } = watched();
  state.ahead = -45;
  for (let second = 0; second < 61; second += 1) {
    await expect(check()).rejects.toThrow();
    state.now += 1000;
  }
  expect(lines).toEqual([
    ['clock_skew', { offset: -45, allowed: 30 }],
    ['clock_skew', { offset: -45, allowed: 30 }],
  ]);
  state.ahead = 0;
  await expect(check()).resolves.toBeUndefined();
});

it('is content with a server that does not tell its time, and says so', async () => {
  const { state, check, lines } = watched();
  state.silent = true;
  await check();
  await check();
  expect([state.asked, lines.map(([event]) => event)]).toEqual([2, ['clock_unchecked']]);
});
