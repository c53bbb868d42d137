/** One text for all spellings of a URI: without escapes of characters that need none (RFC 3986 §6.2.2.2), in lower case. */
export const foldedUri = (uri: string): string =>
  uri
    .replace(/%([0-9A-Fa-f]{2})/g, (escaped, hex: string) => {
      const char = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9\-._~]/.test(char) ? char : escaped;
    })
    .toLowerCase();
