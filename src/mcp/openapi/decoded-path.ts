/** How often servers on the way might decode a path. */
const DECODINGS = 4;

/** A text, and what becomes of it when it is decoded again and again. */
export function* decodings(text: string): Generator<string> {
  let decoded = text;
  yield decoded;
  for (let count = 0; count < DECODINGS; count += 1) {
    const next = decodeLenient(decoded);
    if (next === decoded) return;
    decoded = next;
    yield decoded;
  }
}

/** The segments of a path as the most lenient of servers reads them: decoded, without parameters, case and empty ones. */
export const decodedPath = (path: string): readonly string[] =>
  [...decodings(path)]
    .reduce((_, last) => last)
    .split(/[/\\]/)
    .map((segment) =>
      segment
        .replace(/;.*$/s, '')
        .replace(/[\s.]+$/, '')
        .toLowerCase(),
    )
    .filter((segment) => segment !== '');

const decodeLenient = (text: string): string =>
  text.replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
