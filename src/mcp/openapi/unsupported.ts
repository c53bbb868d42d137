/** Why an operation cannot be served. Collected over the whole document, so that one look at it is enough. */
export class Unsupported extends Error {
  override readonly name: string = 'Unsupported';
}
