/** Counts what is under way, so that no stranger makes us open more connections than we want, to one host or in all. */
export interface FetchSlots {
  /** True, and one more under way, while both limits allow it. */
  take(host: string): boolean;
  release(host: string): void;
}

/** At most `total` fetches at once, and at most `perHost` to one host. Remembers only hosts that are under way. */
export function fetchSlots(total: number, perHost: number): FetchSlots {
  const underWay = new Map<string, number>();
  let all = 0;
  return {
    take(host) {
      const there = underWay.get(host) ?? 0;
      if (all >= total || there >= perHost) return false;
      underWay.set(host, there + 1);
      all += 1;
      return true;
    },
    release(host) {
      const left = (underWay.get(host) ?? 1) - 1;
      if (left === 0) underWay.delete(host);
      else underWay.set(host, left);
      all -= 1;
    },
  };
}
