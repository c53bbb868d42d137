/** RFC 6570 §3.2.2: simple expansion leaves unreserved characters and percent-encodes all others. */
const EXPANDED = /^(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})*$/;
/** Whether it is what simple expansion makes of a value. */
export const isExpanded = (raw: string): boolean => EXPANDED.test(raw);

/** What no value may hold: control characters, and escapes that a second decoding would open. */
const UNSAFE = /[\\\p{Cc}]|%(?:2e|2f|5c|[01][0-9a-f]|7f)/iu;

/** The decoded value of one path segment; undefined for one that is empty, leads elsewhere or is not well encoded. */
export function segmentValue(raw: string): string | undefined {
  const value = raw === '' ? undefined : decodeOnce(raw);
  return value === undefined || isDots(value) || value.includes('/') ? undefined : value;
}

/** The same of several segments, joined again: a relative path that stays below where it starts. */
export function pathValue(segments: readonly string[]): string | undefined {
  const values = segments.map(segmentValue);
  return values.length === 0 || values.includes(undefined) ? undefined : values.join('/');
}

/** The decoded value of a query variable: it may be empty and hold slashes, but is no way out of a folder either. */
export function queryValue(raw: string): string | undefined {
  const value = decodeOnce(raw);
  return value === undefined || value.startsWith('/') || value.split('/').some(isDots) ? undefined : value;
}

const isDots = (segment: string): boolean => segment === '.' || segment === '..';

function decodeOnce(raw: string): string | undefined {
  if (!isExpanded(raw)) return undefined;
  try {
    const value = decodeURIComponent(raw);
    return UNSAFE.test(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
