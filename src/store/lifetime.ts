/**
 * The second at which a record put at `now` ends; Infinity for one that is kept.
 * Throws TypeError unless `ttl` is a number of seconds above 0.
 */
export function expiryOf(ttl: number, now: number): number {
  if (typeof ttl === 'number' && ttl > 0) return now + ttl;
  const got = typeof ttl === 'number' ? String(ttl) : `a value of type ${typeof ttl}`;
  throw new TypeError(`ttl must be a number of seconds above 0, or Infinity to keep the record; it was ${got}`);
}
