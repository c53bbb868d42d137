/** What clients are told of an item. */
export interface Listed {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

/** An item of a list. */
export interface ListedItem<L extends Listed> {
  readonly scopes: readonly string[];
  readonly listing: L;
}

const told = new WeakMap<ListedItem<Listed>, Listed>();

/** A listing with the scopes that its item needs, where ChatGPT looks for them (`_meta.securitySchemes`). */
export const withNeeds = <L extends Listed>({ scopes, listing }: ListedItem<L>): L => ({
  ...listing,
  _meta: { ...listing._meta, securitySchemes: [{ type: 'oauth2', scopes }] },
});

/** The same, made once for each item. */
export function toldOf<L extends Listed>(item: ListedItem<L>): L {
  const known = (told.get(item) as L | undefined) ?? withNeeds(item);
  told.set(item, known);
  return known;
}

/** The scopes that a listing says its item needs. Undefined where it does not say. */
export function needsOf({ _meta: meta }: Listed): readonly string[] | undefined {
  const schemes: unknown = meta?.securitySchemes;
  const [scheme] = Array.isArray(schemes) ? (schemes as readonly ({ readonly scopes?: unknown } | null)[]) : [];
  const scopes = scheme?.scopes;
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : undefined;
}
