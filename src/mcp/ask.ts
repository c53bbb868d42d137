import {
  type ClientCapabilities,
  type CreateMessageRequestParamsBase,
  type CreateMessageResult,
  type InputResponseView,
  inputRequired,
  inputResponse,
  type Root,
  type StandardSchemaV1,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { checkAgainst } from './schema.ts';
import { ToolError } from './tool-error.ts';

/** The form of a question: a Standard Schema whose library tells its JSON Schema, such as `z.object({ … })`. */
export type Form = StandardSchemaWithJSON;

/** What the person answered: what the schema made of a filled-in form, or that there is none. */
export type Elicited<S extends Form> =
  | { readonly action: 'accept'; readonly content: StandardSchemaV1.InferOutput<S> }
  | { readonly action: 'decline' | 'cancel' };

/**
 * What a handler may ask of the client that called it. Each rejects with `CannotAsk` where this client cannot be asked
 * that, and with another ToolError where it answers badly, too late or not at all. A client of 2026-07-28 is asked by ending
 * the handler, which runs anew, from its start, with the answer: whatever stands before a question runs once more.
 */
export interface AskClient {
  /** Has the person fill in a form. `schema` is a flat object of texts, numbers, booleans and choices. */
  elicit<S extends Form>(
    form: { readonly message: string; readonly schema: S },
    options?: AskOptions,
  ): Promise<Elicited<S>>;
  /** Has the client's model go on with a conversation. */
  sample(request: CreateMessageRequestParamsBase, options?: AskOptions): Promise<CreateMessageResult>;
  /** The folders that the client works on. */
  roots(options?: AskOptions): Promise<readonly Root[]>;
}

/** The caller cannot be asked: its protocol has no way back to it, or it has not said that it can answer. */
export class CannotAsk extends ToolError {
  override readonly name = 'CannotAsk';
  readonly needs: ClientCapabilities;

  /** `why` is read by the caller. */
  constructor(needs: ClientCapabilities, why: string) {
    super(why);
    this.needs = needs;
  }
}

/** The client of a call, as far as questions go. */
export interface AskedClient {
  readonly ask: AskClient;
  /** What it has said it can do; nothing where there is no way back to it. */
  readonly capabilities: ClientCapabilities;
  /** What it answered before it was asked anything, by key. */
  readonly unasked: Readonly<Record<string, unknown>>;
  /** Whether it comes back with answers to what it was asked. */
  readonly returns: boolean;
  /** Characters that its request has beside the parameters. */
  brought(): number;
}

/** One question on its way to a client: how it is put on the wire, and what the client must be able to do. */
export interface Question {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list';
  readonly params?: Record<string, unknown>;
  readonly needs: ClientCapabilities;
  readonly options: AskOptions;
}

const ANSWER_KINDS = {
  'elicitation/create': 'elicit',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
} as const;

/** Whether this is an answer to such a question, as far as its form tells. */
export const isAnswerTo = ({ method }: Question, answer: unknown): boolean =>
  inputResponse({ answer }, 'answer').kind === ANSWER_KINDS[method];

/** How a question is put. */
export interface AskOptions {
  /**
   * Tells the question from others of the same call where their order may differ from one run of the handler to the
   * next. Left out: its place among them.
   */
  readonly key?: string;
  /**
   * A client of 2026-07-28 that knows this key may send the answer with its first call, unasked. For what it may know by
   * itself; never for a confirmation, which the person would not have seen. Default false.
   */
  readonly volunteered?: boolean;
  /** Gives the question up when it aborts, as the signal of the call does. Of use where the client is asked on the way. */
  readonly signal?: AbortSignal;
}

/** The three questions, over any way to put one. */
export function askClient(put: (question: Question) => Promise<unknown>): AskClient {
  return {
    async elicit({ message, schema }, options = {}) {
      const { params } = inputRequired.elicit({ message, requestedSchema: schema });
      const needs = { elicitation: { form: {} } };
      const question = { method: 'elicitation/create', params: { ...params }, needs, options } as const;
      const answer = expect('elicit', await put(question));
      if (answer.action !== 'accept') return { action: answer.action };
      const outcome = await checkAgainst(schema, answer.content);
      if ('fault' in outcome) throw new ToolError(`What was filled in does not fit: ${outcome.fault}`);
      return { action: 'accept', content: outcome.value as never };
    },
    async sample(request, options = {}) {
      const question = {
        method: 'sampling/createMessage',
        params: { ...request },
        needs: { sampling: {} },
        options,
      } as const;
      return expect('sampling', await put(question)).result as CreateMessageResult;
    },
    async roots(options = {}) {
      return expect('roots', await put({ method: 'roots/list', needs: { roots: {} }, options })).roots;
    },
  };
}

function expect<K extends InputResponseView['kind']>(
  kind: K,
  answer: unknown,
): Extract<InputResponseView, { kind: K }> {
  const view = inputResponse({ answer }, 'answer');
  if (view.kind === kind) return view as Extract<InputResponseView, { kind: K }>;
  throw new ToolError('The client answered something else than it was asked.');
}

const KINDS: readonly ClientCapabilities[] = [{ elicitation: { form: {} } }, { sampling: {} }, { roots: {} }];

/** What of `declared` the three questions take. */
export const askable = (declared: ClientCapabilities): ClientCapabilities =>
  Object.assign({}, ...KINDS.filter((needs) => missingFrom(declared, needs) === undefined));

/** The name of the capability that `needs` has and `declared` lacks. A bare `elicitation` means forms. */
export function missingFrom(declared: ClientCapabilities, needs: ClientCapabilities): string | undefined {
  if (needs.sampling !== undefined && declared.sampling === undefined) return 'sampling';
  if (needs.roots !== undefined && declared.roots === undefined) return 'roots';
  const { elicitation } = declared;
  const forms = elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
  return needs.elicitation !== undefined && !forms ? 'elicitation' : undefined;
}
