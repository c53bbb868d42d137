import type { Items, Source } from './source.ts';

/** Whose the names are: who has one first keeps it until they drop it, but for a foreign server, which yields to an item of ours. */
export interface Owners {
  /** Looks at what they have now. Of several who come with the same name at once, the first of `inTurn` gets it. */
  update(): void;
  /**
   * When `source` got the name: the smaller, the earlier, and 0 is from the start. Items of foreign servers are later than all of
   * ours. Undefined where the name is not theirs.
   */
  since(source: Source, name: ItemName): number | undefined;
}

/** The kind and the name, the URI or the form of an item. */
export type ItemName = readonly [kind: 'tool' | 'prompt' | 'resource' | 'template', name: string];

/** A name, and whether a foreign server gave it. */
export type GivenName = readonly [name: ItemName, foreign: boolean];

/** All names of some items. */
export function* namesOf({ tools, prompts, resources, templates }: Items): Iterable<GivenName> {
  for (const [name, { foreign = false }] of tools) yield [['tool', name], foreign];
  for (const [name, { foreign = false }] of prompts) yield [['prompt', name], foreign];
  for (const [uri, { foreign = false }] of resources) yield [['resource', uri], foreign];
  for (const { template, foreign = false } of templates.values()) yield [['template', template.shape], foreign];
}

interface Owner {
  readonly source: Source;
  readonly foreign: boolean;
  /** Which update it was, counted from 0. */
  readonly since: number;
}

/** More updates than there can be. */
const AFTER_OURS = 2 ** 40;

/** Nobody has any name before the first update. `tell` hears of a foreign server that `owner` keeps a name from, once while it does. */
export function owners(
  inTurn: readonly Source[],
  tell: (name: ItemName, owner: Source, foreign: Source) => void,
): Owners {
  let owned = new Map<string, Owner>();
  let told = new Set<string>();
  let time = 0;
  return {
    update() {
      const all = inTurn.flatMap((source) =>
        [...namesOf(source.items())].map(([name, foreign]) => ({ source, name, key: keyOf(name), foreign })),
      );
      const now = new Map<string, Owner>();
      for (const round of [false, true]) {
        const claims = all.filter(({ foreign }) => foreign === round);
        for (const { source, key, foreign } of claims) {
          const before = owned.get(key);
          if (before?.source === source && before.foreign === foreign && !now.has(key)) now.set(key, before);
        }
        for (const { source, key, foreign } of claims)
          if (!now.has(key)) now.set(key, { source, foreign, since: time });
      }
      told = new Set([...told].filter((key) => now.get(key)?.foreign === false));
      for (const { source, name, key, foreign } of all) {
        const owner = now.get(key);
        if (!foreign || owner === undefined || owner.foreign || told.has(key)) continue;
        told.add(key);
        tell(name, owner.source, source);
      }
      owned = now;
      time += 1;
    },
    since(source, name) {
      const owner = owned.get(keyOf(name));
      if (owner?.source !== source) return undefined;
      return owner.foreign ? AFTER_OURS + owner.since : owner.since;
    },
  };
}

const keyOf = ([kind, name]: ItemName): string => `${kind} ${name}`;
