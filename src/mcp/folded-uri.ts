/** One text for all spellings of a URI: escapes decoded as UTF-8, in one case. A pattern of URIs is folded in the same way. */
export interface FoldedUri {
  /** With the members of its query in order, but for empty ones. */
  readonly text: string;
  /** With its query as it came. */
  readonly inTurn: string;
  /** Without its query. */
  readonly path: string;
}

/** All but `%`, `*` and what would end the part: these stay escaped, so that they are none of the text's own. */
const OF_PATH = /(?:%(?!25|2a|3f)[0-9a-f]{2})+/gi;
const OF_QUERY = /(?:%(?!25|2a|26)[0-9a-f]{2})+/gi;

/** Linear in the length of `uri`. What is no UTF-8 is U+FFFD. */
export function foldUri(uri: string): FoldedUri {
  const mark = uri.indexOf('?');
  const path = folded(mark === -1 ? uri : uri.slice(0, mark), OF_PATH);
  if (mark === -1) return { text: path, inTurn: path, path };
  const members = folded(uri.slice(mark + 1), OF_QUERY).split('&');
  const filled = members.filter((member) => member !== '' && member.indexOf('=') !== member.length - 1).sort();
  return {
    text: filled.length === 0 ? path : `${path}?${filled.join('&')}`,
    inTurn: `${path}?${members.join('&')}`,
    path,
  };
}

/** Both cases in turn: some letters have several of one. */
const folded = (part: string, escapes: RegExp): string =>
  part
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(escapes, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
    .toLowerCase()
    .toUpperCase();

/** Whether one URI may be of both patterns, in which `*` stands for any characters: told by what comes before the first. */
export function mayShareUris(one: string, other: string): boolean {
  const [a = '', b = ''] = [one, other].map((pattern) => foldUri(pattern).path.split('*')[0]);
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter) === b.slice(0, shorter);
}
