import { CALLED, toolNames } from './same-tool.ts';

/** What both sides serve and clients ask for. */
export type Kind = 'call' | 'list' | 'resource' | 'prompt' | 'composed' | 'proxy';

/** One thing that is measured: a server of `items` items of a kind. */
export interface Job {
  readonly kind: Kind;
  readonly items: number;
}

/** A request of clients, and what its answer contains and does not. */
export interface Message {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly contains: string;
  readonly lacks?: string;
}

/** What items need, and what every other tool of a list needs instead: our caller does not hold it. */
export const [HELD, NOT_HELD] = ['bench:call', 'bench:admin'];

/** Where the composed tools come from: three servers deep. */
export const PREFIXES = ['inner', 'middle', 'outer'] as const;

const composedName = (name: string): string => [...PREFIXES.toReversed(), name].join('_');

/** Calls the tool that stands last. */
export const CALL = called(CALLED);

/** What is asked in each kind of job. */
export const MESSAGES: Readonly<Record<Kind, Message>> = {
  call: CALL,
  list: { method: 'tools/list', params: {}, contains: `"name":"${CALLED}"`, lacks: '"name":"tool_0"' },
  resource: { method: 'resources/read', params: { uri: uriOf(CALLED) }, contains: '"text":"hello"' },
  prompt: { method: 'prompts/get', params: { name: CALLED, arguments: { text: 'hello' } }, contains: '"text":"hello"' },
  composed: called(composedName(CALLED)),
  proxy: CALL,
};

/** The names under which a client sees the items of a job. */
export const namesOf = ({ kind, items }: Job): readonly string[] =>
  kind === 'composed' ? toolNames(items).map(composedName) : toolNames(items);

/** The URI of a resource. */
export function uriOf(name: string): string {
  return `bench://${name}`;
}

/** Every other tool of a list is not for our caller; all else is. */
export const isHeld = ({ kind }: Job, index: number): boolean => kind !== 'list' || index % 2 === 1;

/** Calls are made with several numbers of tools, everything else in one size. */
const sizes = { list: 500, resource: 50, prompt: 50, composed: 50, proxy: 1 } as const;

/** The jobs that a command line names: calls with each number of tools, everything else in one size. Throws on other words. */
export function jobsOf(words: readonly string[], tools: readonly number[]): readonly Job[] {
  return words.flatMap((kind): readonly Job[] => {
    if (kind === 'call') return tools.map((items) => ({ kind, items }));
    if (kind in sizes) return [{ kind: kind as keyof typeof sizes, items: sizes[kind as keyof typeof sizes] }];
    throw new TypeError(`There is no job ${kind}: name some of call, ${Object.keys(sizes).join(', ')}.`);
  });
}

/** The job that a child process was started for. */
export const readJob = ([, , kind, items]: readonly string[]): Job => ({ kind: kind as Kind, items: Number(items) });

function called(name: string): Message {
  return { method: 'tools/call', params: { name, arguments: { text: 'hello' } }, contains: '"text":"hello"' };
}
