import type { Clock } from '../../core/clock.ts';
import { recentMap } from '../../core/recent-map.ts';

const MINUTE = 60;
const MAX_KEYS = 1000;

/** Returns a rule that is true for the first `perMinute` calls with a key in each minute. Remembers 1,000 keys. */
export function minuteBudget(perMinute: number, clock: Clock): (key: string) => boolean {
  const spent = recentMap<{ readonly minute: number; readonly count: number }>(MAX_KEYS);
  return (key) => {
    const minute = Math.floor(clock() / MINUTE);
    const before = spent.get(key);
    const count = before?.minute === minute ? before.count : 0;
    if (count >= perMinute) return false;
    spent.set(key, { minute, count: count + 1 });
    return true;
  };
}
