import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { announcing, type Ears } from '../../src/store/announcing.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that takes what it is sent, and brings it back while `echoes`. */
function server() {
  const state = { echoes: true, takes: true, renewed: 0, sent: [] as string[] };
  let ears: Ears | undefined;
  const { announcements } = announcing({
    async send(message) {
      state.sent.push(message);
      if (state.takes && state.echoes) ears?.heard(message);
      return state.takes;
    },
    listen(given) {
      ears = given;
      given.opened();
      return {
        renew() {
          state.renewed += 1;
          given.opened();
        },
        close: async () => undefined,
      };
    },
  });
  const missed: unknown[] = [];
  announcements.subscribe('keys', (text) => void missed.push(text));
  return { state, announcements, missed };
}

it('a node that does not hear itself listens anew, ever more rarely, and says that word may have been missed', async () => {
  const { state, missed } = server();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([state.renewed, missed]).toEqual([0, []]);
  state.echoes = false;
  await vi.advanceTimersByTimeAsync(11_000);
  expect([state.renewed, missed]).toEqual([1, [undefined]]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(state.renewed).toBeGreaterThan(3);
  expect(state.renewed).toBeLessThan(20);
});

it('a server that takes nothing is not listened to anew: it has gone, and both ways with it', async () => {
  const { state } = server();
  state.takes = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.renewed).toBe(0);
});

it('equal words of one moment are sent once, and a flood as one that stands for all', async () => {
  const { state, announcements } = server();
  for (let time = 0; time < 50; time += 1) announcements.publish('keys', 'same');
  await vi.advanceTimersByTimeAsync(10);
  expect(state.sent).toHaveLength(1);
  for (let time = 0; time < 5000; time += 1) announcements.publish('keys', `${time}`);
  await vi.advanceTimersByTimeAsync(10);
  expect(state.sent.slice(1).map((message) => JSON.parse(message))).toEqual([
    { node: expect.any(String), topic: 'keys' },
  ]);
});
