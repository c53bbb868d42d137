import type { Target } from './load.ts';

/**
 * Tells whoever started this process where to call, and from then on, whenever asked, how much processor time has gone
 * (microseconds). It ends with who started it.
 */
export function announce(target: Target): void {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.send?.(target);
}
