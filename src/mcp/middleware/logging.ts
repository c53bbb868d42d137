import type { CompleteInput, Middleware, Operation } from './middleware.ts';
import { type Ending, ending } from './outcome.ts';

/** What is written of each operation. */
export interface LoggingOptions {
  /** Of operations that went well or were refused; those that failed are warnings. Default `info`. */
  readonly level?: 'debug' | 'info';
  /** Also the arguments and URIs that were sent, but for what is named like a secret. Default false. */
  readonly input?: boolean;
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number;
}

/** Members whose values are never written. */
const SECRET = /pass|pwd|secret|token|key|auth|cookie|credential|signature|jwt|otp|pin|code|session/i;

/** Writes a line for each operation, `operation_served`: what it was, for whom, how it ended. What was sent stays out by default. */
export function logging({
  level = 'info',
  input = false,
  monotonic = () => performance.now(),
}: LoggingOptions = {}): Middleware {
  return {
    request(operation, next) {
      const begun = monotonic();
      return ending(next, (how, error) => {
        const { log } = operation.context;
        const facts = {
          ...factsOf(operation, how, error),
          milliseconds: Math.round(monotonic() - begun),
          ...(input && sentFacts(operation)),
        };
        if (how === 'failed') log.warn('operation_served', facts);
        else log[level]('operation_served', facts);
      });
    },
  };
}

/** An item is called what it was defined as: a URI may hold what a caller has sent. */
function factsOf({ kind, method, server, item, context }: Operation, how: Ending, error: unknown) {
  const { subject, clientId, kind: caller } = context.principal;
  return {
    operation: kind,
    method,
    server: server.name,
    ...(item !== undefined && { item: item.definedAs }),
    caller,
    subject,
    client: clientId,
    ending: how,
    ...(error instanceof Error && { error: error.name }),
  };
}

const LEFT_OUT = '[left out]';

function sentFacts(operation: Operation): { readonly name: string | undefined; readonly input: string | undefined } {
  const { kind, item, name, input } = operation;
  const given = kind === 'complete' ? withoutSecretValue(input as CompleteInput) : input;
  const named = kind === 'readResource' ? uriWithoutSecrets(name ?? '', item?.definedAs ?? '') : name;
  return { name: named, input: JSON.stringify(withoutSecrets(given)) };
}

const withoutSecretValue = (input: CompleteInput): CompleteInput =>
  SECRET.test(input.argument) ? { ...input, value: LEFT_OUT } : input;

/** What is before the query is left out whole where the template has a variable there that is named like a secret. */
function uriWithoutSecrets(uri: string, template: string): string {
  const mark = uri.indexOf('?');
  const [path, query] = mark === -1 ? [uri, ''] : [uri.slice(0, mark), uri.slice(mark)];
  const secret = [...template.matchAll(/\{(\w+)\*?\}/g)].some(([, name = '']) => SECRET.test(name));
  const kept = query.replace(/([?&;])([^=&;]*)=[^&;]*/g, (whole, before: string, name: string) =>
    SECRET.test(name) ? `${before}${name}=${LEFT_OUT}` : whole,
  );
  return (secret ? LEFT_OUT : path) + kept;
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET.test(name) ? LEFT_OUT : withoutSecrets(member)]),
  );
}
