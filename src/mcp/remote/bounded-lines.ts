/** Takes bytes as they come. */
export type TakeBytes = (chunk: Uint8Array) => void;

/** How much of a line is kept that is too large: of its beginning, and of its end. */
const KEPT = 200;
const NEWLINE = 10;

/** Cuts what comes into lines. Of one of more than `maxBytes`, only its beginning and its end are handed on. */
export function boundedLines(
  maxBytes: number,
  line: (text: string) => void,
  tooLarge: (head: string, tail: string) => void,
): TakeBytes {
  let parts: Uint8Array[] = [];
  let size = 0;
  let cut: { readonly head: string; tail: Buffer } | undefined;
  const add = (bytes: Uint8Array): void => {
    if (cut !== undefined) cut.tail = Buffer.concat([cut.tail, bytes.subarray(-KEPT)]).subarray(-KEPT);
    else {
      parts.push(bytes);
      size += bytes.byteLength;
      if (size <= maxBytes) return;
      const all = Buffer.concat(parts);
      cut = { head: all.toString('utf8', 0, KEPT), tail: Buffer.from(all.subarray(-KEPT)) };
      parts = [];
    }
  };
  const end = (): void => {
    if (cut === undefined) line(Buffer.concat(parts).toString('utf8'));
    else tooLarge(cut.head, cut.tail.toString('utf8'));
    parts = [];
    size = 0;
    cut = undefined;
  };
  return (chunk) => {
    let rest = chunk;
    for (let at = rest.indexOf(NEWLINE); at !== -1; at = rest.indexOf(NEWLINE)) {
      add(rest.subarray(0, at));
      end();
      rest = rest.subarray(at + 1);
    }
    if (rest.byteLength > 0) add(rest);
  };
}
