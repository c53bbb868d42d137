import { describe, expect, it } from 'vitest';
import { turns } from '../../../src/host/limits/turns.ts';

describe('turns', () => {
  it('come in their order, for each caller, and are free again whatever became of those before', async () => {
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const inTurn = turns('few', 1, 2);
    const done: string[] = [];
    const act =
      (name: string, fails = false) =>
      async () => {
        await freed;
        done.push(name);
        if (fails) throw new Error(name);
      };
    const first = inTurn('ada', 7, act('first', true));
    const rest = [inTurn('ada', 7, act('second')), inTurn('ada', 7, act('third'))];
    await expect(inTurn('ada', 7, act('fourth'))).rejects.toMatchObject({ status: 429, retryAfter: 7 });
    expect(await inTurn('eve', 7, async () => 'at once')).toBe('at once');
    free();
    await expect(first).rejects.toThrow('first');
    await Promise.all(rest);
    expect(done).toEqual(['first', 'second', 'third']);
    expect(await inTurn('ada', 7, async () => 'again')).toBe('again');
  });
});
