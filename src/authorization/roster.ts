import type { Store } from '../store/store.ts';

/** The ids of one kind, in the order they were added. A Store has no listing; this is the list for the few kinds that need one. */
export interface Roster {
  /** Appends an id. Callers at once, on any node, each get a slot of their own. */
  add(id: string): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Drops an id; without effect when it is not listed. */
  remove(id: string): Promise<void>;
}

/** What a slot holds once its id was removed. The slot stays, because a list ends at the first slot that was never used. */
const REMOVED = '';

/** A list kept in numbered slots that are only ever appended to. Meant for accounts and machines: reads cost one get a slot. */
export function roster(store: Store, kind: string): Roster {
  const slot = (index: number): string => `${kind}_slot:${index}`;
  const slots = async (): Promise<readonly string[]> => {
    const values: string[] = [];
    for (let value = await store.get(slot(0)); value !== undefined; value = await store.get(slot(values.length))) {
      values.push(value);
    }
    return values;
  };
  return {
    async add(id) {
      let index = (await slots()).length;
      while (!(await store.putIfAbsent(slot(index), id, Infinity))) index += 1;
    },
    async list() {
      return (await slots()).filter((id) => id !== REMOVED);
    },
    async remove(id) {
      const held = await slots();
      for (const [index, value] of held.entries()) {
        if (value === id) await store.put(slot(index), REMOVED, Infinity);
      }
    },
  };
}
