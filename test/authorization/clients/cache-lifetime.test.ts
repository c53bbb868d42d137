import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheLifetime } from '../../../src/authorization/clients/cache-lifetime.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const at = (offset: number): string => new Date((NOW + offset) * 1000).toUTCString();
const lifetime = (headers: Record<string, string>) => cacheLifetime(new Headers(headers), NOW);

describe('cacheLifetime', () => {
  it.each([
    [{}, 300],
    [{ 'cache-control': 'max-age=600' }, 600],
    [{ 'cache-control': 'public, Max-Age="600"' }, 600],
    [{ 'cache-control': 'max-age=600', age: '100' }, 500],
    [{ 'cache-control': 'max-age=600', age: '700' }, 0],
    [{ 'cache-control': 'max-age=0' }, 0],
    [{ 'cache-control': 'max-age=9000000000' }, DAY],
    [{ 'cache-control': 'max-age=-1' }, 0],
    [{ 'cache-control': 'max-age=9e9' }, 0],
    [{ 'cache-control': 'max-age=' }, 0],
    [{ 'cache-control': 'no-cache' }, 0],
    [{ 'cache-control': 's-maxage=5, max-age=60' }, 60],
    [{ 'cache-control': 'private' }, 300],
    [{ expires: at(60) }, 60],
    [{ expires: at(-60) }, 0],
    [{ expires: at(10 * DAY) }, DAY],
    [{ expires: '0' }, 0],
    [{ expires: 'soon' }, 0],
    [{ expires: at(60), 'cache-control': 'max-age=5' }, 5],
  ] as const)('CI-15 keeps a document with %j for %i s', (headers, seconds) => {
    expect(lifetime(headers)).toEqual({ seconds, storable: true });
  });

  it.each(['no-store', 'No-Store', 'max-age=600, no-store'])('CI-15 keeps nothing where it says %s', (value) => {
    expect(lifetime({ 'cache-control': value })).toEqual({ seconds: 0, storable: false });
  });

  it('CI-15 stays between 0 and 24 hours whatever the headers say', () => {
    const value = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(value, value, value, (control, expires, age) => {
        const { seconds } = lifetime({ 'cache-control': `max-age=${control}`, expires, age });
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(DAY);
      }),
    );
  });
});
