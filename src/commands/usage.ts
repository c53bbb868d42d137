import { InvalidAccount } from '../authorization/accounts/account.ts';

/** The caller of a command made a mistake. The message says which and shows how the command is written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command could not do what was asked, through no mistake of the command line. The message says it all. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** For a word that is no command of `before`, or for none. What does not look like a command may be a secret and is not repeated. */
export function refuseCommand(before: string, word: string | undefined, usage: string): never {
  if (word === undefined) throw new UsageError(usage);
  const said = /^[a-z-]{1,20}$/.test(word) ? `no command ${before} ${word}` : `no such command of ${before}`;
  throw new UsageError(`There is ${said}.\n\n${usage}`);
}

/** Throws UsageError where words are left over. They are not repeated: one may be a secret. */
export function refuseMore(more: readonly string[], usage: string): void {
  if (more.length > 0)
    throw new UsageError(`There is a word too many; a name with a space stands in quotes.\n\n${usage}`);
}

/** The word that must stand at a place of the command line. Throws UsageError where it is missing. */
export function needWord(word: string | undefined, what: string, usage: string): string {
  if (word === undefined) throw new UsageError(`${what} is missing.\n\n${usage}`);
  return word;
}

/** The words of an option that must be given; `--scopes ""` says that there are none. Throws UsageError where it is missing. */
export function needWords(value: string | undefined, option: string, usage: string): readonly string[] {
  if (value === undefined) throw new UsageError(`${option} is missing.\n\n${usage}`);
  return words(value) ?? [];
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
