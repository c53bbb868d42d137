import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { Call } from './context.ts';
import type { Cursors, Place } from './cursors.ts';

/** One page, and what leads to the next where there is one. */
export interface Page<E> {
  readonly entries: E[];
  readonly next: { readonly nextCursor?: string };
}

/** How long pages are, and who writes cursors. */
interface Pages {
  readonly surface: { readonly pageSize: number | undefined };
  readonly states: { readonly cursors: Cursors };
}

/**
 * The way to the page that `cursor` asks for, of the list that `method` gives. -32602 for a cursor that is not one of this list.
 * It starts after the last entry of the page before, wherever that is by now; where it is gone, at its place.
 */
export function pageAt({ surface, states }: Pages, method: string, cursor: string | undefined, { principal }: Call) {
  const { pageSize: size } = surface;
  const { cursors } = states;
  const list = `${method} ${principal.resource}`;
  const place = cursor === undefined || size === undefined ? undefined : cursors.read(list, cursor);
  if (cursor !== undefined && place === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The cursor is not known.');
  }
  return <E>(all: readonly E[], keyOf: (entry: E) => string): Page<E> => {
    const start = place === undefined ? 0 : startAfter(place, all.map(keyOf));
    const end = start + (size ?? all.length);
    const entries = all.slice(start, end);
    const last = entries.at(-1);
    if (last === undefined || end >= all.length) return { entries, next: {} };
    return { entries, next: { nextCursor: cursors.write(list, end, keyOf(last)) } };
  };
}

function startAfter({ at, isLast }: Place, keys: readonly string[]): number {
  const before = keys[at - 1];
  if (before !== undefined && isLast(before)) return at;
  const moved = keys.findLastIndex(isLast);
  return moved === -1 ? at - 1 : moved + 1;
}
