import type { Middleware, Operation, OperationKind, Outcome } from './middleware.ts';

/** One hook, as it is run. */
export type Layer<K extends OperationKind> = (
  operation: Operation<K>,
  next: (input?: Operation<K>['input']) => Promise<Outcome<K>>,
) => Promise<Outcome<K>>;

/** The hooks around operations of one kind, from the outermost to the innermost. */
export function layersOf<K extends OperationKind>(middleware: readonly Middleware[], kind: K): readonly Layer<K>[] {
  return middleware.flatMap((each) => {
    const hooks = [each.request?.bind(each), each[kind]?.bind(each)];
    return hooks.filter((hook) => hook !== undefined) as unknown as Layer<K>[];
  });
}

/** An operation but for its input. */
export type OperationFacts<K extends OperationKind> = Omit<Operation<K>, 'input'>;

/** Runs `core` within layers. Rejects with TypeError where a layer gives nothing back. */
export function within<K extends OperationKind>(
  layers: readonly Layer<K>[],
  facts: OperationFacts<K>,
  given: Operation<K>['input'],
  core: (input: Operation<K>['input']) => Promise<Outcome<K>>,
): Promise<Outcome<K>> {
  const run = async (index: number, operation: Operation<K>, input: Operation<K>['input']): Promise<Outcome<K>> => {
    const layer = layers[index];
    if (layer === undefined) return core(input);
    const outcome = await layer(operation, (replaced = input) =>
      run(index + 1, replaced === input ? operation : operationOf(facts, replaced), replaced),
    );
    if (outcome !== undefined || NOTHING.has(facts.kind)) return outcome;
    throw new TypeError(`A middleware gave nothing back for ${facts.kind}: it must return what next() resolves with.`);
  };
  return run(0, operationOf(facts, given), given);
}

/** Kinds without a result. */
const NOTHING: ReadonlySet<OperationKind> = new Set(['subscribe', 'protocol']);

function operationOf<K extends OperationKind>(facts: OperationFacts<K>, input: Operation<K>['input']): Operation<K> {
  let copy: { readonly input: Operation<K>['input'] } | undefined;
  const operation = {
    ...facts,
    get input() {
      copy ??= { input: frozenCopy(input) };
      return copy.input;
    },
  };
  return Object.freeze(operation) as Operation<K>;
}

/** A copy of what came as JSON, which nobody can change. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopy)
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, frozenCopy(member)]));
  return Object.freeze(copy) as T;
}
