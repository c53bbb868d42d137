import ipaddr from 'ipaddr.js';
import type { Clock } from '../core/clock.ts';

/** Counts registrations an hour: by source, and all together. */
export interface RegistrationLimit {
  /** Undefined when there is room, else the seconds until there is. Asking counts. */
  take(source: string): number | undefined;
}

/** How many registrations an hour there may be. */
export interface RegistrationQuota {
  readonly perSource: number;
  readonly total: number;
}

/** Generous: one address may stand for the thousands of users of a hosted client. */
export const defaultRegistrationQuota: RegistrationQuota = { perSource: 100, total: 5000 };

const HOUR = 3600;
const MAX_SOURCES = 10_000;

/** A counter of this process, of bounded size: an hour's sources are forgotten together when the hour is over. */
export function registrationLimit(
  clock: Clock,
  quota: RegistrationQuota = defaultRegistrationQuota,
): RegistrationLimit {
  let hour = 0;
  let total = 0;
  let counts = new Map<string, number>();
  return {
    take(source) {
      const now = Math.floor(clock() / HOUR);
      if (now !== hour) [hour, total, counts] = [now, 0, new Map()];
      const key = networkOf(source);
      const count = counts.get(key) ?? 0;
      const full = count >= quota.perSource || total >= quota.total || (count === 0 && counts.size >= MAX_SOURCES);
      if (full) return (hour + 1) * HOUR - clock();
      total += 1;
      counts.set(key, count + 1);
      return undefined;
    },
  };
}

/** One subscriber's addresses count as one: an IPv4 address, mapped into IPv6 or not, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}
