import { MetadataFault } from './metadata-fault.ts';

/** The member of a parsed JSON object, never one that it inherits. Undefined for anything that is no object. */
export const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** A text member. Null counts as absent, as clients send it for what they leave empty. Throws `MetadataFault`. */
export function ownText(source: object, name: string): string | undefined {
  const value = own(source, name) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new MetadataFault(`${name} must be a string.`);
  if (!value.isWellFormed()) throw new MetadataFault(`${name} is not well-formed text.`);
  return value;
}

/** A member that is a list of texts, without repeats. Null counts as absent. Throws `MetadataFault`. */
export function ownTexts(source: object, name: string): readonly string[] | undefined {
  const value = own(source, name) ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new MetadataFault(`${name} must be an array of strings.`);
  }
  return [...new Set<string>(value)];
}
