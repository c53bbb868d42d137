/** How many positions of a text a pattern may try in the worst case. */
const MOST_TRIES = 20_000_000;
/** Repetitions up to this number count like one that may be left out. */
const FEW = 10;
/** How many parts may be there or not, which double what is tried. */
const MOST_OPTIONAL = 12;

/**
 * A pattern that takes no long time, whatever the text: the same one, or one that lets texts pass that are too long for it. Undefined
 * for what may take forever: something that varies within something repeated, such as `(a+)+` and `(a|b)*`, and references back.
 * Linear in its length.
 */
export function boundedPattern(source: string): string | undefined {
  const found = countsOf(source);
  if (found === undefined || found.optional > MOST_OPTIONAL) return undefined;
  const loops = found.repeated + (/^\^/.test(source) && !found.alternatives ? 0 : 1);
  if (loops < 2) return source;
  return `^[^]{${longestText(loops) + 1}}|(?:${source})`;
}

/** So many characters that `loops` loops within each other stay below the limit: n to the power of loops, over loops!. */
function longestText(loops: number): number {
  let orders = 1;
  for (let count = 2; count <= loops; count += 1) orders *= count;
  return Math.floor((MOST_TRIES * orders) ** (1 / loops));
}

interface Counts {
  repeated: number;
  optional: number;
  alternatives: boolean;
}

interface Group {
  varies: boolean;
}

/** An escape, a class, the beginning of a group, its end, an alternative, a quantifier, or any other character. */
const TOKEN =
  /\\(?:[pPu]\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|<\w+>|[\w-]*:))?|[)|]|(?:[*+?]|\{(\d+)(,?)(\d*)\})\??|./gsuy;

function countsOf(source: string): Counts | undefined {
  const counts: Counts = { repeated: 0, optional: 0, alternatives: false };
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
      if (max > FEW) counts.repeated += 1;
      else counts.optional += 1;
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
