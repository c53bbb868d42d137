import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  MissingRequiredClientCapabilityError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type Principal, principalKey } from '../core/principal.ts';
import { sha256 } from '../core/secrets.ts';
import { type AskedClient, askClient, CannotAsk, isAnswerTo, missingFrom, type Question } from './ask.ts';
import { invalidState, type RequestStates } from './request-states.ts';
import { ToolError } from './tool-error.ts';

/** Ends a handler that has asked what is not answered yet. It runs anew with the answer. */
export class AnswerNeeded extends ToolError {}

/** One call of 2026-07-28 whose handler may ask. */
export interface Round {
  readonly states: RequestStates;
  readonly principal: Principal;
  /** What is called: an answer is good for this caller, method and parameters alone. */
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly context: ServerContext;
}

/** What travels with the client: whose call it is, what was asked last, and what was answered before. */
interface Carried {
  readonly bound: string;
  /** By the key that the client answers under, the question. */
  readonly asked: Readonly<Record<string, string>>;
  /** By question. */
  readonly answers: Readonly<Record<string, unknown>>;
}

/**
 * Runs a handler once for each round of answers: what it asks and what has been answered to this very question is given to
 * it; otherwise it ends, and the client is told what to answer before it calls again.
 */
export async function askInRounds<T>(
  round: Round,
  run: (client: AskedClient) => Promise<T>,
): Promise<T | InputRequiredResult> {
  const { states, context } = round;
  const bound = bindingOf(round);
  const { answers, unasked, returns } = await answersSoFar(round, bound);
  const open = new Map<string, Question>();
  const envelope: Readonly<Record<string, unknown>> = { ...context.mcpReq.envelope };
  const capabilities = (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as ClientCapabilities;
  let lacking: CannotAsk | undefined;
  let count = 0;

  const ask = askClient(async (question) => {
    count += 1;
    const { key = `question-${count}`, volunteered = false } = question.options;
    const missing = missingFrom(capabilities, question.needs);
    if (missing !== undefined) {
      lacking = new CannotAsk(question.needs, `This needs a client that has the capability "${missing}".`);
      throw lacking;
    }
    const name = nameOf(key, question);
    if (volunteered && !answers.has(name) && isAnswerTo(question, unasked.get(key)))
      answers.set(name, unasked.get(key));
    const answer = answers.get(name);
    if (answer !== undefined) return answer;
    open.set(key, question);
    throw new AnswerNeeded('The answer of the client is needed.');
  });

  // A client may repeat what it was asked in earlier rounds: only in the first is all of it unasked.
  const atFirst = returns ? {} : Object.fromEntries(unasked);
  const brought = () => broughtBy(context);
  const ended = await run({ ask, capabilities, unasked: atFirst, returns, brought }).then(
    (result) => ({ result, words: wordsOfResult(result) }),
    (error: unknown) => ({ error, words: error instanceof Error ? error.message : undefined }),
  );
  if (open.size > 0) {
    const asked = Object.fromEntries([...open].map(([key, question]) => [key, nameOf(key, question)]));
    const requestState = await states.sign({ bound, asked, answers: Object.fromEntries(answers) } satisfies Carried);
    return inputRequired({ inputRequests: Object.fromEntries([...open].map(requestOf)), requestState });
  }
  if (lacking !== undefined && ended.words === lacking.message) {
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: lacking.needs }, lacking.message);
  }
  if ('error' in ended) throw ended.error;
  return ended.result;
}

interface Answered {
  /** By question. */
  readonly answers: Map<string, unknown>;
  /** By key: what was not asked in the round before, or not in these words. Most questions do not take them. */
  readonly unasked: ReadonlyMap<string, unknown>;
  readonly returns: boolean;
}

async function answersSoFar({ states, context }: Round, bound: string): Promise<Answered> {
  const state = context.mcpReq.requestState();
  const carried = typeof state === 'string' ? ((await states.open(state, context)) as Carried) : undefined;
  if (carried !== undefined && carried.bound !== bound) throw invalidState();
  const asked = new Map(Object.entries(carried?.asked ?? {}));
  const answers = new Map(Object.entries(carried?.answers ?? {}));
  const unasked = new Map<string, unknown>();
  for (const [key, given] of Object.entries(context.mcpReq.inputResponses ?? {})) {
    const question = asked.get(key);
    if (question === undefined) unasked.set(key, given);
    else answers.set(question, given);
  }
  return { answers, unasked, returns: carried !== undefined };
}

/** Characters of what a request brings beside its parameters. */
function broughtBy({ mcpReq }: ServerContext): number {
  const state = mcpReq.requestState();
  const answers = mcpReq.inputResponses === undefined ? 0 : JSON.stringify(mcpReq.inputResponses).length;
  return answers + (typeof state === 'string' ? state.length : 0);
}

const bindingOf = ({ principal, method, params }: Round): string =>
  sha256(JSON.stringify([principalKey(principal), principal.clientId, principal.resource, method, params]));

const nameOf = (key: string, { method, params }: Question): string => sha256(JSON.stringify([key, method, params]));

const requestOf = ([key, { method, params }]: [string, Question]) => [key, { method, ...(params && { params }) }];

/** What a tool's error result says. */
function wordsOfResult(result: unknown): string | undefined {
  const { isError, content } = result as Partial<CallToolResult>;
  return isError === true && content?.[0]?.type === 'text' ? content[0].text : undefined;
}
