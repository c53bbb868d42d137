/** Letters, marks, digits, punctuation and symbols; no spaces, controls, bidi marks or other invisible characters. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]{1,64}$/u;

/** Undefined when the text can name an account, else why not. */
export function usernameFault(text: string): string | undefined {
  return PRINTABLE.test(text.normalize('NFKC'))
    ? undefined
    : 'The username must have 1 to 64 visible characters and no spaces.';
}

/** The form in which usernames are compared: what looks or sounds alike but for case or width is one name. */
export const foldUsername = (text: string): string => text.trim().normalize('NFKC').toLowerCase().normalize('NFKC');
