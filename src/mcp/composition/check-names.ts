import type { Duplicates } from '../registry.ts';
import { type ItemName, namesOf } from './owners.ts';
import type { Source } from './source.ts';

/** SEP-986. */
const LONGEST_NAME = 128;

/**
 * Throws TypeError where a prefix makes a name too long, and where two of `sources` have an item of the same name or form; that is
 * a warning of the process, or nothing, as `duplicates` says.
 */
export function checkNames(server: string, sources: readonly Source[], duplicates: Duplicates): void {
  const owners = new Map<string, { readonly label: string; readonly foreign: boolean }>();
  for (const { label, items } of sources) {
    for (const [[what, name], foreign] of namesOf(items())) {
      const key = `${what} ${name}`;
      const owner = owners.get(key);
      const ranked = owner !== undefined && owner.foreign !== foreign;
      // One of a foreign server yields, which is told where it does.
      if (owner !== undefined && (duplicates === 'error' || !ranked))
        meet(`${server} has the ${what} "${name}" twice, of ${owner.label} and of ${label}`, duplicates);
      if (name.length > LONGEST_NAME && (what === 'tool' || what === 'prompt')) {
        throw new TypeError(
          `The ${what} "${name}" of ${label} has more than ${LONGEST_NAME} characters: shorten the prefix.`,
        );
      }
      if (!ranked || !foreign) owners.set(key, { label, foreign });
    }
  }
}

function meet(fact: string, duplicates: Duplicates): void {
  if (duplicates === 'error') throw new TypeError(`${fact}: mount one of them with a prefix of its own.`);
  if (duplicates === 'warn') process.emitWarning(`${fact}: the later one counts.`, 'GatehouseWarning');
}

/** Warns of a name of `server` that is kept from a foreign server, whatever is said of duplicates: that one may come with it at any time. */
export const tellOfLoss =
  (server: string) =>
  ([what, name]: ItemName, { label: owner }: Source, { label: foreign }: Source): void =>
    process.emitWarning(
      `${server} has the ${what} "${name}" twice, of ${owner} and of ${foreign}, which somebody else wrote: that one is left out.`,
      'GatehouseWarning',
    );
