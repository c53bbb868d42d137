import { expandScopes, type ScopeCatalogue } from '../../core/scope.ts';

/** Somebody who can sign in here. The password is not part of it. */
export interface Account {
  /**
   * Stable: `user_` and 22 random characters, or of an identity provider its name, a colon and what it calls the person for
   * good. Never a username, and never a machine's id.
   */
  readonly subject: string;
  readonly username: string;
  readonly name?: string;
  readonly email?: string;
  readonly tenant?: string;
  /** Scopes this person may hand out, with all that they imply; `'all'` is every scope of every mount. */
  readonly scopes: readonly string[] | 'all';
}

/** Whether a subject is of an account that the operator has made, and not of somebody who signs in elsewhere or of a machine. */
export const isOwnAccount = (subject: string): boolean => subject.startsWith('user_');

/** The scopes of one mount that the account may hand out, hierarchy followed. */
export function allowedScopes(account: Account, catalogue: ScopeCatalogue): ReadonlySet<string> {
  if (account.scopes === 'all') return new Set(catalogue.keys());
  const reached = expandScopes(account.scopes, catalogue);
  return new Set([...catalogue.keys()].filter((scope) => reached.has(scope)));
}

/** An account cannot be made or changed as asked. The message says which field and why. */
export class InvalidAccount extends Error {
  override readonly name = 'InvalidAccount';
}
