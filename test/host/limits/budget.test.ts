import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../../src/core/log.ts';
import { BoundedMemory } from '../../../src/host/limits/bounded-memory.ts';
import { createBudget } from '../../../src/host/limits/budget.ts';
import { createLog } from '../../../src/observe/log.ts';

const lines: string[] = [];
const log: Log = createLog('debug', { write: (line: string) => void lines.push(line) });

const budgetOf = (points: number, duration = 60, room?: number) =>
  createBudget('calls', { points, duration }, { secret: 'a secret', log, ...(room !== undefined && { room }) });

beforeEach(() => {
  lines.length = 0;
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a budget', () => {
  it('lets as many pass as it holds, then tells how long to wait, and has room again after that', async () => {
    const budget = budgetOf(3);
    expect([await budget.take('ada'), await budget.take('ada')]).toEqual([undefined, undefined]);
    vi.advanceTimersByTime(20_500);
    expect([await budget.take('ada'), await budget.take('ada')]).toEqual([undefined, 40]);
    vi.advanceTimersByTime(39_000);
    expect(await budget.take('ada')).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(await budget.take('ada')).toBeUndefined();
  });

  it('counts every caller apart', async () => {
    const budget = budgetOf(1);
    expect([await budget.take('ada'), await budget.take('ada')]).toEqual([undefined, 60]);
    expect(await budget.take('grace')).toBeUndefined();
  });

  it('can be looked at without counting', async () => {
    const budget = budgetOf(2);
    for (let look = 0; look < 5; look += 1) expect(await budget.look('ada')).toBeUndefined();
    await budget.take('ada');
    expect(await budget.look('ada')).toBeUndefined();
    await budget.take('ada');
    expect(await budget.look('ada')).toBe(60);
    vi.advanceTimersByTime(60_000);
    expect(await budget.look('ada')).toBeUndefined();
  });

  it('never lets more pass in one span than it holds, however many come at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200 }), async (points, requests) => {
        const budget = budgetOf(points);
        const answers = await Promise.all(Array.from({ length: requests }, () => budget.take('ada')));
        expect(answers.filter((wait) => wait === undefined)).toHaveLength(Math.min(points, requests));
      }),
      { numRuns: 30 },
    );
  });

  it('logs a caller that has used it up once, and not who it is', async () => {
    const budget = budgetOf(1);
    for (let request = 0; request < 100; request += 1) await budget.take('203.0.113.7');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      event: 'limited',
      budget: 'calls',
      retryAfter: 60,
      caller: expect.stringMatching(/^[\w-]{8}$/),
    });
    expect(lines[0]).not.toContain('203.0.113.7');
  });
});

describe('DS-10 the memory of budgets', () => {
  it('DS-10 holds a limited number of callers after 100,000, and forgets the one counted longest ago', async () => {
    const memory = new BoundedMemory({ points: 1, duration: 60 }, 1000);
    await memory.consume('first');
    for (let caller = 0; caller < 100_000; caller += 1) {
      await memory.consume(`caller ${caller}`);
      if (caller % 500 === 0) await memory.consume('first').catch(() => undefined);
    }
    expect(memory.size).toBe(1000);
    expect(memory.dump().storage).toHaveLength(1000);
    expect((await memory.get('first'))?.consumedPoints).toBeGreaterThan(200);
    expect(await memory.get('caller 98000')).toBeNull();
  });

  it('DS-10 takes less than 20 MB after 100,000 callers', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const budget = budgetOf(5);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let caller = 0; caller < 100_000; caller += 1) await budget.take(`2001:db8::${caller}`);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 1024 * 1024);
    expect(await budget.take('one more')).toBeUndefined();
  });
});
