/** Counts what is under way, so that no stranger makes us open more connections than we want, to one host or in all. */
export interface FetchSlots {
  /** True, and one more under way, while both limits allow it. */
  take(host: string): boolean;
  release(host: string): void;
  /** Does `fetch` while both limits allow it, as one more under way; throws `busy` where they do not. */
  hold<T>(host: string, busy: () => Error, fetch: () => Promise<T>): Promise<T>;
}

/** At most `total` fetches at once, and at most `perHost` to one host. Remembers only hosts that are under way. */
export function fetchSlots(total: number, perHost: number): FetchSlots {
  const underWay = new Map<string, number>();
  let all = 0;
  const slots: FetchSlots = {
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
    async hold(host, busy, fetch) {
      if (!slots.take(host)) throw busy();
      try {
        return await fetch();
      } finally {
        slots.release(host);
      }
    },
  };
  return slots;
}
