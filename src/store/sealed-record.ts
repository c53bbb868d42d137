import { sha256 } from '../core/secrets.ts';
import type { KeyRing } from './key-ring.ts';
import { expiryOf } from './lifetime.ts';
import { wellFormed } from './well-formed.ts';

/** Skew that clocks of several machines may show before an expired record looks like one that was kept by force. */
const SKEW = 60;

/** What a stored text turned out to be. `expired` is the ordinary end of a record; `tampered` is never ordinary. */
export type OpenedRecord =
  | { readonly state: 'live'; readonly value: string }
  | { readonly state: 'expired' }
  | { readonly state: 'unknown_key'; readonly keyId: string }
  | { readonly state: 'tampered'; readonly reason: string };

/** The kind of a record: what stands before the first `:` of its name; empty where that is not a plain word. */
export const recordKind = (name: string): string => /^([A-Za-z][A-Za-z0-9_-]{0,31}):/.exec(name)?.[1] ?? '';

/**
 * The name a record has in the inner store: its kind in clear, and the SHA-256 of the whole name. Taken over JSON, which
 * escapes lone surrogates, so that no two names share it.
 */
export const storedName = (name: string): string => `${recordKind(name)}:${sha256(JSON.stringify(name))}`;

/**
 * Seals a value together with its full name and its expiry. Throws TypeError for a `ttl` that is no lifetime, and for a value
 * with a lone surrogate.
 */
export function sealRecord(ring: KeyRing, name: string, value: string, ttl: number, now: number): string {
  const expires = expiryOf(ttl, now);
  wellFormed(value);
  // JSON has no Infinity: null is a record that is kept. It has no line break of its own either: the value begins behind.
  const heading = JSON.stringify([name, Number.isFinite(expires) ? expires : null]);
  return ring.seal(`${heading}\n${value}`, now);
}

/** Opens what is stored under `name`, and holds it to the name and the expiry that were sealed with it. */
export function openRecord(ring: KeyRing, name: string, sealed: string, now: number): OpenedRecord {
  const opened = ring.open(sealed, now);
  if (opened.state === 'unknown_key') return opened;
  if (opened.state === 'refused') return { state: 'tampered', reason: 'does_not_open' };
  const [sealedName, expires, value] = contentOf(opened.plaintext);
  if (typeof value !== 'string') return { state: 'tampered', reason: 'not_a_record' };
  if (sealedName !== name) return { state: 'tampered', reason: 'other_name' };
  if (expires === null || (typeof expires === 'number' && expires > now)) return { state: 'live', value };
  const overdue = typeof expires !== 'number' || now - expires > SKEW;
  return overdue ? { state: 'tampered', reason: 'kept_past_expiry' } : { state: 'expired' };
}

/** The name that a record was sealed under, for whoever found it without asking for it. Undefined for what does not open. */
export function nameOf(ring: KeyRing, sealed: string, now: number): string | undefined {
  const opened = ring.open(sealed, now);
  const [name] = opened.state === 'opened' ? contentOf(opened.plaintext) : [];
  return typeof name === 'string' ? name : undefined;
}

function contentOf(plaintext: string): readonly unknown[] {
  const end = plaintext.indexOf('\n');
  try {
    const heading: unknown = JSON.parse(plaintext.slice(0, end));
    return end > 0 && Array.isArray(heading) ? [...heading.slice(0, 2), plaintext.slice(end + 1)] : [];
  } catch {
    // Sealed by one of our keys for another use: the caller answers that it is not a record.
    return [];
  }
}
