/** Seconds for which a document without any word about caching is kept. */
const SILENT_LIFETIME = 300;
const LONGEST = 24 * 60 * 60;

/** For how long a document may be used without asking again, in seconds, and whether it may be kept at all. */
export interface CacheLifetime {
  readonly seconds: number;
  readonly storable: boolean;
}

/**
 * What the response allows (RFC 9111 §4.2.1, §5.2.2), between 0 and 24 hours. `no-store` and `no-cache` mean 0 with no
 * floor: a client that withdraws a redirect URI must not find it in use here. A lifetime that is no number is 0.
 */
export function cacheLifetime(headers: Headers, now: number): CacheLifetime {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((text) => text.trim());
  if (directives.includes('no-store')) return { seconds: 0, storable: false };
  if (directives.includes('no-cache')) return { seconds: 0, storable: true };
  const maxAge = directives.find((directive) => directive.startsWith('max-age='))?.slice('max-age='.length);
  if (maxAge !== undefined)
    return { seconds: clamp(seconds(maxAge) - seconds(headers.get('age') ?? '0')), storable: true };
  const expires = headers.get('expires');
  if (expires !== null) return { seconds: clamp(Math.floor(Date.parse(expires) / 1000) - now), storable: true };
  return { seconds: SILENT_LIFETIME, storable: true };
}

const seconds = (text: string): number => (/^"?\d+"?$/.test(text) ? Number(text.replaceAll('"', '')) : Number.NaN);

const clamp = (lifetime: number): number => (Number.isNaN(lifetime) ? 0 : Math.min(Math.max(lifetime, 0), LONGEST));
