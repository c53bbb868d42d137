import { InvalidAccount } from '../authorization/accounts/account.ts';

/** The caller of a command made a mistake. The message says which and shows how the command is written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The word that must stand at a place of the command line. Throws UsageError where it is missing. */
export function needWord(word: string | undefined, what: string, usage: string): string {
  if (word === undefined) throw new UsageError(`${what} is missing.\n\n${usage}`);
  return word;
}

/** Words between commas, or undefined when the option was not given. */
export const words = (value: string | undefined): readonly string[] | undefined =>
  value
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Passes on what a room says of a value that it was given: its own sentence, without a stack. Anything else stays as it is. */
export function asUsageError(error: unknown): never {
  if (error instanceof TypeError || error instanceof InvalidAccount) throw new UsageError(error.message);
  throw error;
}
