import { describe, expect, it } from 'vitest';
import { hashQueue } from '../../../src/authorization/accounts/hash-queue.ts';
import { Unavailable } from '../../../src/core/errors.ts';

describe('the hash queue', () => {
  it('DS-07 runs so many at once, lets so many wait in turn, and answers Unavailable to the rest', async () => {
    const queue = hashQueue({ atOnce: 2, waiting: 3 });
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const run = (name: number) =>
      queue(() => {
        started.push(name);
        return new Promise<number>((resolve) => finish.push(() => resolve(name)));
      });
    const accepted = [1, 2, 3, 4, 5].map(run);
    await expect(run(6)).rejects.toBeInstanceOf(Unavailable);
    await expect(run(7)).rejects.toMatchObject({ status: 503, reason: 'password_queue_full', retryAfter: 2 });
    expect(started).toEqual([1, 2]);
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise(setImmediate);
      finish[turn]?.();
    }
    expect(await Promise.all(accepted)).toEqual([1, 2, 3, 4, 5]);
    expect(started).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on after work that failed', async () => {
    const queue = hashQueue({ atOnce: 1, waiting: 1 });
    const failing = queue(async () => {
      throw new Error('no memory');
    });
    const next = queue(async () => 'done');
    await expect(failing).rejects.toThrow('no memory');
    expect(await next).toBe('done');
    expect(await queue(async () => 'again')).toBe('again');
  });
});
