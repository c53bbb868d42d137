import type { Target } from './load.ts';

/** Tells the bench where to call, and from then on, whenever asked, how much processor time has gone (microseconds). */
export function announce(target: Target): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.send?.(target);
}
