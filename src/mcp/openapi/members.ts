/** An object of a document that somebody else wrote: nothing about its members is known. */
export type Members = Readonly<Record<string, unknown>>;

/** The object that `value` is, or undefined. Lists are none. */
export const membersOf = (value: unknown): Members | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;

/** A member of `value` itself; nothing is inherited. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Members)[name] : undefined;

/** The entries of an object; none of anything else. */
export const entriesOf = (value: unknown): [string, unknown][] => Object.entries(membersOf(value) ?? {});

/** The entries of a list; none of anything else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that is there, or undefined. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
