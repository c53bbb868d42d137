/** Why a part of the document cannot be served. For operations these are collected, so that one look at it is enough. */
export class Unsupported extends TypeError {
  override readonly name: string = 'Unsupported';
}
