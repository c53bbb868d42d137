import type { Operation } from './list-operations.ts';

/** Names longer than this are refused by clients of some models. */
const LONGEST = 64;

/**
 * Names for operations: the operationId, or method and path, in letters, digits, `_`, `-` and `.`, at most 64 characters;
 * of two equal ones the later is numbered. `choose` may name one otherwise.
 */
export function operationNames(choose: (operation: Operation) => string | undefined): (operation: Operation) => string {
  const taken = new Set<string>();
  return (operation) => {
    const name = freeName(plain(choose(operation) ?? operation.operationId ?? wordsOf(operation)), taken);
    taken.add(name);
    return name;
  };
}

const wordsOf = ({ method, path }: Operation): string => `${method.toLowerCase()}${path.replace(/[{}]/g, '')}`;

/** A text as a name: whatever else it holds becomes one `_`. */
export const plain = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, LONGEST) || 'operation';

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1)
    free = `${name.slice(0, LONGEST - 1 - String(count).length)}_${count}`;
  return free;
}
