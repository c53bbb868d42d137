import type { Items, Source } from './source.ts';

/** Whose the names are: who has one first keeps it until they drop it. */
export interface Owners {
  /** Looks at what they have now. Of several who come with the same name at once, the first of `inTurn` gets it. */
  update(): void;
  /** Which time it was at that `source` got the name, counted from 0; undefined where it is not theirs. */
  since(source: Source, name: ItemName): number | undefined;
}

/** The kind and the name, the URI or the form of an item. */
export type ItemName = readonly [kind: 'tool' | 'prompt' | 'resource' | 'template', name: string];

/** All names of some items. */
export function* namesOf({ tools, prompts, resources, templates }: Items): Iterable<ItemName> {
  for (const name of tools.keys()) yield ['tool', name];
  for (const name of prompts.keys()) yield ['prompt', name];
  for (const uri of resources.keys()) yield ['resource', uri];
  for (const { template } of templates.values()) yield ['template', template.shape];
}

/** Nobody has any name before the first update. */
export function owners(inTurn: readonly Source[]): Owners {
  let owned = new Map<string, { readonly source: Source; readonly since: number }>();
  let time = 0;
  return {
    update() {
      const all = inTurn.map((source) => ({ source, keys: new Set([...namesOf(source.items())].map(keyOf)) }));
      const now: typeof owned = new Map();
      for (const { source, keys } of all) {
        for (const key of keys) {
          const before = owned.get(key);
          if (before?.source === source) now.set(key, before);
        }
      }
      for (const { source, keys } of all)
        for (const key of keys) if (!now.has(key)) now.set(key, { source, since: time });
      owned = now;
      time += 1;
    },
    since(source, name) {
      const owner = owned.get(keyOf(name));
      return owner?.source === source ? owner.since : undefined;
    },
  };
}

const keyOf = ([kind, name]: ItemName): string => `${kind} ${name}`;
