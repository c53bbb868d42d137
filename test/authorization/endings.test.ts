import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { endings } from '../../src/authorization/endings.ts';
import { REVOKED } from '../../src/authorization/revocations.ts';
import { localAnnouncements } from '../../src/core/announcements.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const announcements = localAnnouncements();
  const state = { changed: false, asked: 0, told: 0, down: false };
  const { watch, tell } = endings({
    announcements,
    async changed() {
      state.asked += 1;
      if (state.down) throw new Error('the store is down');
      const { changed } = state;
      state.changed = false;
      return changed;
    },
  });
  const watching = () =>
    watch(() => {
      state.told += 1;
    });
  return { state, watching, tell, revoke: () => announcements.publish(REVOKED, 'one') };
}

it('JW-33 who keeps something open is told at once where word comes, and within half a second where none does', async () => {
  const { state, watching, revoke } = setUp();
  const stop = watching();
  revoke();
  await vi.advanceTimersByTimeAsync(50);
  expect(state.told).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(state.told).toBe(1);
  state.changed = true;
  await vi.advanceTimersByTimeAsync(500);
  expect(state.told).toBe(2);
  stop();
});

it('the store is asked only while somebody watches, and one that is down ends nothing', async () => {
  const { state, watching } = setUp();
  await vi.advanceTimersByTimeAsync(5000);
  expect(state.asked).toBe(0);
  const [stop, stopOther] = [watching(), watching()];
  state.down = true;
  await vi.advanceTimersByTimeAsync(5000);
  expect([state.asked > 5, state.told]).toEqual([true, 0]);
  state.down = false;
  state.changed = true;
  await vi.advanceTimersByTimeAsync(500);
  expect(state.told).toBe(2);
  stop();
  stopOther();
  const { asked } = state;
  await vi.advanceTimersByTimeAsync(5000);
  expect(state.asked).toBe(asked);
});

it('a flood of word costs a look every half second, and what came last is looked at too', async () => {
  const { state, watching, revoke } = setUp();
  const stop = watching();
  for (let time = 0; time < 2000; time += 1) {
    revoke();
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(state.told).toBeLessThan(7);
  const before = state.told;
  revoke();
  await vi.advanceTimersByTimeAsync(500);
  expect(state.told).toBeGreaterThan(before);
  stop();
});
