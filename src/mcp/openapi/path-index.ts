import { decodedPath } from './decoded-path.ts';

/** The paths of a document, served or not: what a path that was written for one of them also is. */
export interface PathIndex {
  /**
   * Whether `path`, written for `template`, also fits another one that has text of its own where `template` has a variable:
   * the API would take it for that.
   */
  leadsElsewhere(template: string, path: string): boolean;
}

/** A segment's texts around its variables: one where it has none. */
type Segment = readonly string[];

interface Node {
  /** By the text of a segment without variables. */
  readonly texts: Map<string, Node>;
  readonly open: { readonly segment: Segment; readonly node: Node }[];
  readonly ends: (readonly Segment[])[];
}

/** Looks up a path without going through all of them. */
export function pathIndex(templates: readonly string[]): PathIndex {
  const root = emptyNode();
  for (const template of templates) add(root, segmentsOf(template));
  return {
    leadsElsewhere(template, path) {
      const own = segmentsOf(template);
      const found = fitting(root, decodedPath(path), 0);
      return found.some((other) => other.length !== own.length || own.some((each, at) => yields(each, other[at])));
    },
  };
}

const emptyNode = (): Node => ({ texts: new Map(), open: [], ends: [] });

const segmentsOf = (template: string): readonly Segment[] =>
  decodedPath(template.replace(/\{[^{}]*\}/g, '{}')).map((segment) => segment.split('{}'));

function add(root: Node, segments: readonly Segment[]): void {
  let node = root;
  for (const segment of segments) node = childOf(node, segment);
  node.ends.push(segments);
}

function childOf({ texts, open }: Node, segment: Segment): Node {
  const [text = ''] = segment;
  const known = segment.length === 1 ? texts.get(text) : open.find((each) => isSame(each.segment, segment))?.node;
  if (known !== undefined) return known;
  const node = emptyNode();
  if (segment.length === 1) texts.set(text, node);
  else open.push({ segment, node });
  return node;
}

function fitting({ texts, open, ends }: Node, path: readonly string[], at: number): readonly (readonly Segment[])[] {
  const text = path[at];
  if (text === undefined) return ends;
  // Rails and its like take `/users/export.json` for `/users/export`.
  const plain = at === path.length - 1 ? text.replace(/\.[a-z0-9]{1,5}$/, '') : text;
  const nodes = [...new Set([text, plain])].flatMap((each) => texts.get(each) ?? []);
  const more = open.flatMap(({ segment, node }) => (fits(segment, text) ? [node] : []));
  return [...nodes, ...more].flatMap((node) => fitting(node, path, at + 1));
}

function fits(segment: Segment, text: string): boolean {
  const last = segment.at(-1) ?? '';
  let from = 0;
  for (const part of segment.slice(0, -1)) {
    const found = from === 0 ? (text.startsWith(part) ? 0 : -1) : text.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/** Whether a server that has both would rather take a segment for `other` than for `own`. */
function yields(own: Segment, other: Segment = []): boolean {
  const text = other.join('');
  return own.length > 1 && text !== '' && text.length >= own.join('').length && !isSame(own, other);
}

const isSame = (one: Segment, other: Segment): boolean =>
  one.length === other.length && one.every((text, index) => text === other[index]);
