import { member } from './members.ts';
import { Unsupported } from './unsupported.ts';

/** How many references may lead to each other. */
const LONGEST_CHAIN = 16;

/** What a reference leads to, and the pointer that it stands at where there was one. */
export interface Resolved {
  readonly value: unknown;
  readonly pointer: string | undefined;
}

/** Follows `$ref` inside the document. */
export interface References {
  /** Throws Unsupported for a reference to anywhere else, to nothing, or in a circle. Nothing is ever fetched or read. */
  resolve(value: unknown): Resolved;
}

/** Reads references of one document. */
export function referencesOf(root: object): References {
  return {
    resolve(start) {
      let value = start;
      let pointer: string | undefined;
      for (let steps = 0; steps <= LONGEST_CHAIN; steps += 1) {
        const reference = member(value, '$ref');
        if (typeof reference !== 'string') return { value, pointer };
        pointer = reference;
        value = lookUp(root, reference);
      }
      throw new Unsupported(`the reference ${JSON.stringify(pointer)} leads in a circle`);
    },
  };
}

/** RFC 6901 §6. */
function lookUp(root: object, reference: string): unknown {
  if (!reference.startsWith('#/')) {
    throw new Unsupported(`the reference ${JSON.stringify(reference)} leads out of the document: bundle it first`);
  }
  let value: unknown = root;
  for (const part of reference.slice(2).split('/')) value = member(value, unescapePart(part));
  if (value === undefined) throw new Unsupported(`the reference ${JSON.stringify(reference)} leads to nothing`);
  return value;
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    throw new Unsupported(`a reference holds ${JSON.stringify(part)}, which is no part of a pointer`);
  }
}
