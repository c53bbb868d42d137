import type { Duplicates } from '../registry.ts';
import { namesOf } from './owners.ts';
import type { Source } from './source.ts';

/** SEP-986. */
const LONGEST_NAME = 128;

/**
 * Throws TypeError where a prefix makes a name too long, and where two of `sources` have an item of the same name or form; that is
 * a warning of the process, or nothing, as `duplicates` says.
 */
export function checkNames(server: string, sources: readonly Source[], duplicates: Duplicates): void {
  const owners = new Map<string, string>();
  for (const source of sources) {
    for (const [what, name] of namesOf(source.items())) {
      const key = `${what} ${name}`;
      const owner = owners.get(key);
      if (owner !== undefined)
        meet(`${server} has the ${what} "${name}" twice, of ${owner} and of ${source.label}`, duplicates);
      if (name.length > LONGEST_NAME && (what === 'tool' || what === 'prompt')) {
        throw new TypeError(
          `The ${what} "${name}" of ${source.label} has more than ${LONGEST_NAME} characters: shorten the prefix.`,
        );
      }
      owners.set(key, source.label);
    }
  }
}

function meet(fact: string, duplicates: Duplicates): void {
  if (duplicates === 'error') throw new TypeError(`${fact}: mount one of them with a prefix of its own.`);
  if (duplicates === 'warn') process.emitWarning(`${fact}: the later one counts.`, 'GatehouseWarning');
}
