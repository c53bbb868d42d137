/** Names that mean something in a query. */
export interface QueryNames {
  has(name: string): boolean;
  /**
   * Whether some server would read `name` as one of them, as a part of one or as what holds one: servers overlook case and
   * spaces, take `a[]`, `a[0]` and `a.b` for `a`, `.` for `_`, and end a name at a NUL.
   */
  mayMean(name: string): boolean;
}

/** The names of a document, ready to be compared. */
export function queryNames(names: readonly string[]): QueryNames {
  let read: readonly Readings[] | undefined;
  return {
    has: (name) => names.includes(name),
    mayMean(name) {
      read ??= names.map(readings);
      const ways = readings(name);
      return read.some((other) => ways.some((way, index) => oneHoldsTheOther(way, other[index] ?? [])));
    },
  };
}

type Readings = readonly (readonly string[])[];

/** The steps that a name is read as: with dots for steps, with dots in words, and with a bracket that is never closed. */
function readings(name: string): Readings {
  const text = name
    .normalize('NFKC')
    .replace(/\p{Cc}.*$/su, '')
    .trim()
    .toLowerCase();
  const inWords = text.replace(/[\s.]/g, '_');
  return [text.split(/[[\].]/), inWords.split(/[[\]]/), [inWords.replaceAll('[', '_')]].map((steps) =>
    steps.filter((step) => step !== ''),
  );
}

const oneHoldsTheOther = (some: readonly string[], others: readonly string[]): boolean =>
  some.length <= others.length
    ? some.every((step, index) => step === others[index])
    : others.every((step, index) => step === some[index]);
