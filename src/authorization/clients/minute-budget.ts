import type { Clock } from '../../core/clock.ts';
import { recentMap } from './recent-map.ts';

const MINUTE = 60;
const MAX_HOSTS = 1000;

/** Returns a rule that is true for the first `perMinute` calls for a host in each minute. Remembers 1,000 hosts. */
export function hostBudget(perMinute: number, clock: Clock): (host: string) => boolean {
  const spent = recentMap<{ readonly minute: number; readonly count: number }>(MAX_HOSTS);
  return (host) => {
    const minute = Math.floor(clock() / MINUTE);
    const before = spent.get(host);
    const count = before?.minute === minute ? before.count : 0;
    if (count >= perMinute) return false;
    spent.set(host, { minute, count: count + 1 });
    return true;
  };
}
