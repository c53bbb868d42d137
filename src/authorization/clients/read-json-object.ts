/** Texts, and the marks that make members of them. All else in JSON is of no interest here. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/**
 * Reads a JSON object from bytes: strict UTF-8 without a byte order mark, no member named twice at any depth
 * (RFC 8259 §4: what a parser makes of those is its own affair). A text says in words why it is refused.
 */
export function readJsonObject(bytes: Uint8Array): object | string {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return 'is not JSON in UTF-8';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a JSON object';
  return namesMemberTwice(text) ? 'names a member twice' : value;
}

/** `json` must be valid: then a text in front of a colon is the name of a member of the innermost object. */
function namesMemberTwice(json: string): boolean {
  const open: Set<string>[] = [];
  let previous = '';
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name: string = JSON.parse(previous);
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    previous = token;
  }
  return false;
}
