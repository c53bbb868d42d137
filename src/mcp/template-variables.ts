/** What stands between braces: `a://{b}/{?c,d}` gives `b` and `?c,d`. */
type Expressions<T extends string> = T extends `${string}{${infer Expression}}${infer Rest}`
  ? Expression | Expressions<Rest>
  : never;

type InPath<E extends string> = E extends `?${string}` ? never : E extends `${infer Name}*` ? Name : E;

type InQuery<E extends string> = E extends `?${infer Names}` ? Listed<Names> : never;

type Listed<Names extends string> = Names extends `${infer First},${infer Rest}` ? First | Listed<Rest> : Names;

/** The names of a template's variables: `notes://{id}{?lang}` gives `id` and `lang`. */
export type TemplateVariables<T extends string> = InPath<Expressions<T>> | InQuery<Expressions<T>>;

/** The values of a template's variables: those of the query may be left out of a URI. */
export type TemplateValues<T extends string> = Readonly<
  Record<InPath<Expressions<T>>, string> & Partial<Record<InQuery<Expressions<T>>, string>>
>;
