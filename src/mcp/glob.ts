/** Whether a text is of a pattern. */
export type Glob = (text: string) => boolean;

/** A pattern in which `*` stands for any characters, none included, and everything else for itself. Linear in the text. */
export function globOf(pattern: string): Glob {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(start)) return false;
    let from = start.length;
    for (const part of parts) {
      const found = text.indexOf(part, from);
      if (found === -1) return false;
      from = found + part.length;
    }
    return text.length - end.length >= from && text.endsWith(end);
  };
}
