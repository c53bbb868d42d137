import type { Change, Concerned, ListName } from './changes.ts';

/** Whom a change concerns: nobody else is told of it. */
export interface Whom {
  readonly to: Concerned;
}

/** An argument that may be left out where it may be undefined. */
type Optional<W> = undefined extends W ? [W?] : [W];

/** How a server says that something changed. `W` is Whom, or may be left out too. Each throws TypeError for what no client can listen to. */
export interface TellChanges<W> {
  /** The resource behind `uri`, of one defined with `subscribe: true`, has another content (`notifications/resources/updated`). */
  resourceUpdated(uri: string, ...whom: Optional<W>): void;
  /** A list that is named in `listChanged` of the server has other entries (`notifications/…/list_changed`). */
  listChanged(list: ListName, ...whom: Optional<W>): void;
}

/** The ways out for what a server tells: one for each mount. */
export interface ChangeOutlets extends TellChanges<Whom> {
  /** Calls `outlet` with each change. The answer ends it. */
  watch(outlet: (change: Change) => void): () => void;
}

/** What serves a URI. */
interface Found {
  readonly item: { readonly subscribe: boolean };
}

/** Checks what is told and hands it to every mount. */
export function changeOutlets(
  label: string,
  lists: readonly ListName[],
  find: (uri: string) => Found | undefined,
): ChangeOutlets {
  const outlets = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const outlet of outlets) outlet(change);
  };
  return {
    watch(outlet) {
      const mine = (change: Change) => outlet(change);
      outlets.add(mine);
      return () => void outlets.delete(mine);
    },
    resourceUpdated(uri, { to }) {
      if (find(uri)?.item.subscribe === true) return tell({ kind: 'resource', uri, to });
      throw new TypeError(`${label} has no resource with subscribe: true behind ${JSON.stringify(uri)}.`);
    },
    listChanged(list, { to }) {
      if (lists.includes(list)) return tell({ kind: 'list', list, to });
      throw new TypeError(`${label} must name ${JSON.stringify(list)} in listChanged before it can change.`);
    },
  };
}
