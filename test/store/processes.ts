import { join } from 'node:path';
import { expect } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { startNode } from '../support/child.ts';

/** Lets several processes race for the same 200 codes and 200 assertions, and expects that each has one winner. */
export async function expectOneWinnerEach(url: string, store: Store, processes = 2): Promise<void> {
  for (let prize = 0; prize < 200; prize += 1) await store.put(`code:${prize}`, '1', 60);
  const racers = Array.from({ length: processes }, () =>
    startNode(join(import.meta.dirname, 'shared-process.ts'), [url]),
  );
  await Promise.all(racers.map((racer) => racer.next(/ready\n/)));
  for (const racer of racers) racer.write('go');
  expect(await Promise.all(racers.map(({ exit }) => exit))).toEqual(racers.map(() => 0));
  const wins = racers.flatMap(({ output }) => output.stdout.split('\n').filter((line) => / \d+$/.test(line)));
  expect(wins.filter((line) => line.startsWith('taken'))).toHaveLength(200);
  expect(wins.filter((line) => line.startsWith('written'))).toHaveLength(200);
  expect(new Set(wins).size).toBe(400);
}
