/**
 * The path of a request target, byte for byte as it was sent: no case folding, no decoding, no dot segments removed.
 * Undefined for anything but origin-form (RFC 9112 §3.2.1).
 */
export function exactPath(target: string): string | undefined {
  if (!target.startsWith('/')) return undefined;
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}
