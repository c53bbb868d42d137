/**
 * Throws TypeError unless the texts are well-formed Unicode: in UTF-8 all lone surrogates become the same character, so that
 * two names would be one.
 */
export function wellFormed(...texts: readonly string[]): void {
  if (!texts.every((text) => text.isWellFormed())) {
    throw new TypeError('names and values of records must be well-formed Unicode: a lone surrogate cannot be kept');
  }
}
