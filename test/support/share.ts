/** What a share of the measurements does not exceed: 0.5 is the median, 0.9 leaves out where a machine pauses. */
export function within(share: number, measured: readonly number[]): number {
  const sorted = [...measured].sort((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
