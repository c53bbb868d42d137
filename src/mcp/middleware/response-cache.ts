import { type CallFacts, clientOf, hasAsked } from '../context.ts';
import { cacheKey, type Place } from './cache-key.ts';
import { type AnswerStore, memoryCache } from './memory-cache.ts';
import type { Middleware, Operation, OperationKind, Outcome } from './middleware.ts';
import { saysError } from './outcome.ts';

/** The kinds that have an answer to keep. */
export type CachedKind = Exclude<OperationKind, 'subscribe' | 'protocol'>;

/** Which answers are kept, where, how long and for whom. */
export interface ResponseCacheOptions {
  /** Seconds by kind. Kinds that are left out are not kept. Default: tools, resources and prompts, 60. */
  readonly seconds?: Readonly<Partial<Record<CachedKind, number>>>;
  /** Which operations. Default: all but calls of tools that do not say that they only read (`readOnlyHint`). */
  readonly keeps?: (operation: Operation) => boolean;
  /** Those whose answer is the same for everybody who may use the item. Default none: each caller's answers are their own. */
  readonly isPublic?: (operation: Operation) => boolean;
  /** Anything with `get` and `put`, as a store has them. Default: memory, 1,000 answers. Answers lie in it as they are. */
  readonly store?: AnswerStore;
  /** What tells this server's answers from others in the same store, where there is one. One server alone has it. */
  readonly namespace?: string;
  /** Larger answers are not kept. Default 1,000,000 bytes. */
  readonly bytes?: number;
}

const A_MINUTE = { callTool: 60, readResource: 60, getPrompt: 60 };

/**
 * Answers a second time without asking the handler. Neither errors are kept, nor what was asked of a person or model on the way. The gate
 * decides on each call, answered from here or not. A store that fails is passed by. Throws TypeError for a store without a namespace.
 */
export function responseCache({
  seconds = A_MINUTE,
  keeps = onlyReads,
  isPublic = () => false,
  store: given,
  namespace,
  bytes = 1_000_000,
}: ResponseCacheOptions = {}): Middleware {
  if (given !== undefined && (namespace ?? '') === '') {
    throw new TypeError('responseCache needs a namespace where it is given a store: others may keep answers there.');
  }
  const store = given ?? memoryCache();
  const placeOf = places(namespace);
  const lifetimes = new Map<OperationKind, number>(Object.entries(seconds) as [OperationKind, number][]);
  return {
    async request(operation, next) {
      const { kind, context } = operation;
      const lifetime = lifetimes.get(kind) ?? 0;
      if (lifetime <= 0 || !keeps(operation) || volunteers(context)) return next();
      const key = cacheKey(operation, placeOf(operation), isPublic(operation));
      const found = await passingBy(operation, async () => parsed<typeof kind>(await store.get(key)));
      if (found !== undefined) return found;
      const outcome = await next();
      if (saysError(outcome) || isUnfinished(outcome) || hasAsked(context)) return outcome;
      const value = JSON.stringify(outcome);
      if (Buffer.byteLength(value) <= bytes) await passingBy(operation, () => store.put(key, value, lifetime));
      return outcome;
    },
  };
}

/** Servers of one name are told apart by where they are served. */
function places(namespace: string | undefined): (operation: Operation) => Place {
  const numbers = new WeakMap<Operation['server'], number>();
  let count = 0;
  return ({ server, context }) => {
    if (namespace !== undefined) return namespace;
    const number = numbers.get(server) ?? ++count;
    numbers.set(server, number);
    return [number, context.principal.resource];
  };
}

const parsed = <K extends OperationKind>(value: string | undefined): Outcome<K> | undefined =>
  value === undefined ? undefined : JSON.parse(value);

const onlyReads = ({ kind, item }: Operation): boolean =>
  kind !== 'callTool' || item?.annotations.readOnlyHint === true;

/** What a client answers unasked may change the outcome. */
const volunteers = (context: CallFacts): boolean => Object.keys(clientOf(context)?.unasked ?? {}).length > 0;

/** 2026-07-28: what another server wants answered before it goes on. */
const isUnfinished = (outcome: unknown): boolean =>
  typeof outcome === 'object' && outcome !== null && 'resultType' in outcome && outcome.resultType !== 'complete';

/** An answer is to be had without the store. */
async function passingBy<T>({ context }: Operation, use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    context.log.warn('answer_store_failed', { error });
    return undefined;
  }
}
