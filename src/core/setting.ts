/** One variable of the environment: its name, its default as text, and how its text is read. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback: string;
  /** Reads the text; throws an Error whose message ends the sentence "NAME …". */
  read(text: string): T;
}

const refuse = (sentence: string): never => {
  throw new Error(sentence);
};

/** Any text. */
export const text = (value: string): string => value;

/** A whole number from `least` to `most`, of a unit such as `seconds` where it has one. */
export const integer =
  (least: number, most: number, unit?: string) =>
  (value: string): number => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    const kind = unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
    return number >= least && number <= most ? number : refuse(`must be ${kind} from ${least} to ${most}`);
  };

/** One of the words listed. */
export const choice =
  <const T extends readonly string[]>(...words: T) =>
  (value: string): T[number] =>
    words.includes(value) ? value : refuse(`must be one of ${words.join(', ')}`);

/** Words between commas, each one of those listed. */
export const choices =
  <const T extends readonly string[]>(...words: T) =>
  (value: string): readonly T[number][] =>
    list(value).map((word) => (words.includes(word) ? word : refuse(`must list only ${words.join(', ')}`)));

/** `true` or `false`. */
export const flag = (value: string): boolean => choice('true', 'false')(value) === 'true';

/** Words between commas; the empty text is no words. */
export const list = (value: string): readonly string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Web origins between commas, such as `https://app.example.com`. */
export const origins = (value: string): readonly string[] =>
  list(value).map((origin) =>
    URL.canParse(origin) && new URL(origin).origin === origin
      ? origin
      : refuse('must list web origins such as https://app.example.com, without a path'),
  );

/** Nothing, where the variable is empty; else what `read` makes of it. */
export const optional =
  <T>(read: (value: string) => T) =>
  (value: string): T | undefined =>
    value === '' ? undefined : read(value);

/** What `read` makes of the variable, which must not be empty. `what` ends the sentence "must be set: …". */
export const required =
  <T>(read: (value: string) => T, what: string) =>
  (value: string): T =>
    value === '' ? refuse(`must be set: ${what}`) : read(value);

/** Settings by the name that their value has in code. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** What settings read. */
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: ReturnType<S[K]['read']> };

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads settings. What is given in code wins over the environment and is held to the same rules; a function is left to
 * the caller. Each fault begins with its variable; the values are whole only where there is none.
 */
export function readSettings<S extends Settings>(
  settings: S,
  given: Readonly<Record<string, unknown>>,
  environment: Environment,
): { readonly values: ValuesOf<S>; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { variable, fallback, read }] of Object.entries(settings)) {
    const own = typeof given[name] === 'function' ? undefined : given[name];
    try {
      values[name] = read(own === undefined ? environment[variable] || fallback : String(own));
    } catch (error) {
      faults.push(`${variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { values: values as ValuesOf<S>, faults };
}
