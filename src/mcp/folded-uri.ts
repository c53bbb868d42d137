/** One text for all spellings of a URI: without escapes of characters that need none (RFC 3986 §6.2.2.2), in lower case. */
export const foldedUri = (uri: string): string =>
  uri
    .replace(/%([0-9A-Fa-f]{2})/g, (escaped, hex: string) => {
      const char = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9\-._~]/.test(char) ? char : escaped;
    })
    .toLowerCase();

/** Whether one URI may be of both patterns, in which `*` stands for any characters: told by what comes before the first. */
export function mayShareUris(one: string, other: string): boolean {
  const [a = '', b = ''] = [one, other].map((pattern) => foldedUri(pattern).split('*')[0]);
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter) === b.slice(0, shorter);
}
