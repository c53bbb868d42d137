import type { StandardSchemaV1 } from '@modelcontextprotocol/server';

/** Zod, Valibot, ArkType or any other Standard Schema; its JSON Schema is published where the library offers one. */
export type Schema = StandardSchemaV1;

/** A JSON Schema document (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a handler is given for `S`: what the schema puts out, or an empty object where there is none. */
export type InputOf<S extends Schema | undefined> = S extends Schema
  ? StandardSchemaV1.InferOutput<S>
  : Record<string, never>;

/** Whether `value` is a Standard Schema. */
export function isSchema(value: unknown): value is Schema {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || !('~standard' in value))
    return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}

/** The JSON Schema of `schema` for one direction; undefined where its library has none. Costly: once a definition. */
export function jsonSchemaOf(schema: Schema, direction: 'input' | 'output'): JsonSchema | undefined {
  const standard: object = schema['~standard'];
  if (!('jsonSchema' in standard)) return undefined;
  const convert = standard.jsonSchema as Record<typeof direction, (options: { target: string }) => JsonSchema>;
  return convert[direction]({ target: 'draft-2020-12' });
}

/** The value that `schema` makes of `value`, or one line that says what is wrong with it, and with which members. */
export async function checkAgainst(
  schema: Schema,
  value: unknown,
): Promise<{ readonly value: unknown } | { readonly fault: string; readonly members: readonly string[] }> {
  const outcome = await schema['~standard'].validate(value);
  if (outcome.issues === undefined) return { value: outcome.value };
  const { issues } = outcome;
  return { fault: issues.map(describeIssue).join('; '), members: issues.flatMap((issue) => keysOf(issue).slice(0, 1)) };
}

function describeIssue(issue: StandardSchemaV1.Issue): string {
  const keys = keysOf(issue);
  return keys.length === 0 ? issue.message : `${keys.join('.')}: ${issue.message}`;
}

const keysOf = ({ path = [] }: StandardSchemaV1.Issue): string[] =>
  path.map((step) => String(typeof step === 'object' ? step.key : step));
