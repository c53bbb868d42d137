/** One turn of one contender at one thing. */
export interface Sample {
  readonly rate: number;
  /** Microseconds of processor time of whoever served it, for one. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** How many are under way at once. */
export const AT_ONCE = 10;

/** Does `count` things, `AT_ONCE` of them at a time, and measures. `spent` tells processor time in microseconds. */
export async function sample(
  count: number,
  one: (index: number) => Promise<void>,
  spent: () => Promise<number>,
): Promise<Sample> {
  const times: number[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const begun = performance.now();
      await one(index);
      times.push(performance.now() - begun);
    }
  };
  const before = await spent();
  const begun = performance.now();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  const took = performance.now() - begun;
  const cpu = ((await spent()) - before) / count;
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return { rate: (1000 * count) / took, cpu, p50: at(0.5), p99: at(0.99) };
}
