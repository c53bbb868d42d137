/**
 * Two of `owners` who could have the same name, by what all names of each begin with: that of the longer begins with that of the
 * shorter, or is the same. Undefined where all are apart.
 */
export function findOverlap<T>(
  owners: readonly T[],
  beginningOf: (owner: T) => string,
): readonly [longer: T, shorter: T] | undefined {
  for (const [index, shorter] of owners.entries()) {
    const at = owners.findIndex((each, place) => place !== index && beginningOf(each).startsWith(beginningOf(shorter)));
    const longer = owners[at];
    if (longer !== undefined) return [longer, shorter];
  }
  return undefined;
}
