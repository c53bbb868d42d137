/** How much a JSON text may hold, whatever its size: what costs is not bytes but members, and values inside of values. */
const MOST = {
  /** Members of one object: whoever checks an object does so member by member, in one go. */
  members: 10_000,
  /** Objects, lists and members of objects in all. */
  parts: 50_000,
  /** Values in lists and members in objects that follow another. */
  followers: 500_000,
  depth: 1000,
};

/** As they stand in UTF-8. */
const MARK = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  open: 0x7b,
  close: 0x7d,
};

/**
 * Whether a JSON text is simple enough to be parsed and checked in well under 100 ms. Counts without parsing, a few
 * milliseconds for 4 MB; what is said of a text that is no JSON means nothing.
 */
export function plainEnough(json: Buffer, most = MOST): boolean {
  const members: number[] = [];
  let depth = 0;
  let parts = 0;
  let followers = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === MARK.quote) at = endOfText(json, at);
    else if (byte === MARK.open || byte === MARK.openList) {
      depth += 1;
      members[depth] = 0;
      parts += 1;
      if (depth > most.depth || parts > most.parts) return false;
    } else if (byte === MARK.close || byte === MARK.closeList) depth -= 1;
    else if (byte === MARK.comma) {
      followers += 1;
      if (followers > most.followers) return false;
    } else if (byte === MARK.colon) {
      const count = (members[depth] ?? 0) + 1;
      members[depth] = count;
      parts += 1;
      if (count > most.members || parts > most.parts) return false;
    }
  }
  return true;
}

/** Where the quote is that ends the text that begins at `start`; the end of everything where there is none. */
function endOfText(json: Buffer, start: number): number {
  const quote = json.indexOf(MARK.quote, start + 1);
  if (quote === -1) return json.length;
  if (json[quote - 1] !== MARK.backslash) return quote;
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === MARK.quote) return at;
    if (json[at] === MARK.backslash) at += 1;
  }
  return json.length;
}
