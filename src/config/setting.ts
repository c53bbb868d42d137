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

/** A whole number from `least` to `most`. */
export const integer =
  (least: number, most: number) =>
  (value: string): number => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : refuse(`must be a whole number from ${least} to ${most}`);
  };

/** One of the words listed. */
export const choice =
  <const T extends readonly string[]>(...words: T) =>
  (value: string): T[number] =>
    words.includes(value) ? value : refuse(`must be one of ${words.join(', ')}`);

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
