/** How often a pattern may try at a position of a text in the worst case. */
const MOST_TRIES = 20_000_000;
/** A part that may be there a few times more or less multiplies what is tried; with more, it counts as a loop. */
const FEW = 10;
const MOST_WAYS = 4096;
/** No text that is checked has more characters. */
const LONGEST = 5_000_000;

/**
 * A pattern that takes no long time, whatever the text: the same one, or one that lets texts pass that are too long for it. Undefined
 * for what may take forever: something that varies within something repeated, such as `(a+)+` and `(a|b)*`, and references back.
 * Linear in its length.
 */
export function boundedPattern(source: string): string | undefined {
  const found = countsOf(source);
  if (found === undefined || found.ways > MOST_WAYS) return undefined;
  const loops = found.repeated + (/^\^/.test(source) && !found.alternatives ? 0 : 1);
  const longest = loops === 0 ? LONGEST : longestText(loops, found.ways);
  return longest >= LONGEST ? source : `^[^]{${longest + 1}}|(?:${source})`;
}

/** So many characters that loops one after another stay below the limit: n to the power of loops, over loops!, in so many ways. */
function longestText(loops: number, ways: number): number {
  let orders = 1;
  for (let count = 2; count <= loops; count += 1) orders *= count;
  return Math.floor(((MOST_TRIES * orders) / ways) ** (1 / loops));
}

interface Counts {
  repeated: number;
  ways: number;
  alternatives: boolean;
}

interface Group {
  varies: boolean;
}

/** An escape, a class, the beginning of a group, its end, an alternative, a quantifier, or any other character. */
const TOKEN =
  /\\(?:[pPu]\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|<\w+>|[\w-]*:))?|[)|]|(?:[*+?]|\{(\d+)(,?)(\d*)\})\??|./gsuy;

function countsOf(source: string): Counts | undefined {
  const counts: Counts = { repeated: 0, ways: 1, alternatives: false };
  const open: Group[] = [{ varies: false }];
  let atom: Group = { varies: false };
  for (const { 0: token, 1: least, 2: comma, 3: most } of source.matchAll(TOKEN)) {
    const group = open.at(-1) ?? atom;
    const [min, max] = timesOf(token, least, comma, most);
    if (/^\\[1-9k]/.test(token)) return undefined;
    if (token === '|') {
      group.varies = true;
      counts.alternatives ||= open.length === 1;
    } else if (token === ')') {
      atom = open.pop() ?? atom;
      const around = open.at(-1);
      if (around !== undefined && atom.varies) around.varies = true;
    } else if (token.startsWith('(')) open.push({ varies: false });
    else if (min === undefined || max === undefined) atom = { varies: false };
    else {
      if (max > 1 && atom.varies) return undefined;
      if (min === max) continue;
      group.varies = true;
      if (max - min > FEW) counts.repeated += 1;
      else counts.ways *= max - min + 1;
    }
  }
  return counts;
}

/** How often at least and at most; nothing where `token` is no quantifier. */
function timesOf(token: string, least?: string, comma?: string, most?: string): readonly [number?, number?] {
  if (least !== undefined) {
    return [Number(least), comma === '' ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most)];
  }
  if (token === '?' || token === '??') return [0, 1];
  return /^[*+]\??$/.test(token) ? [token.startsWith('+') ? 1 : 0, Number.POSITIVE_INFINITY] : [];
}
