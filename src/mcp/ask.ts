import {
  type ClientCapabilities,
  type CreateMessageRequestParamsBase,
  type CreateMessageResult,
  type ElicitResult,
  inputRequired,
  type ListRootsResult,
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
 * that, and with another ToolError where it answers badly, too late or not at all.
 */
export interface AskClient {
  /** Has the person fill in a form. `schema` is a flat object of texts, numbers, booleans and choices. */
  elicit<S extends Form>(form: { readonly message: string; readonly schema: S }): Promise<Elicited<S>>;
  /** Has the client's model go on with a conversation. */
  sample(request: CreateMessageRequestParamsBase): Promise<CreateMessageResult>;
  /** The folders that the client works on. */
  roots(): Promise<readonly Root[]>;
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

/** One question on its way to a client: how it is put on the wire, and what the client must be able to do. */
export interface Question {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list';
  readonly params?: Record<string, unknown>;
  readonly needs: ClientCapabilities;
}

/** The three questions, over any way to put one. */
export function askClient(put: (question: Question) => Promise<unknown>): AskClient {
  return {
    async elicit({ message, schema }) {
      const { params } = inputRequired.elicit({ message, requestedSchema: schema });
      const needs = { elicitation: { form: {} } };
      const answer = (await put({ method: 'elicitation/create', params: { ...params }, needs })) as ElicitResult;
      if (answer.action !== 'accept') return { action: answer.action };
      const outcome = await checkAgainst(schema, answer.content);
      if ('fault' in outcome) throw new ToolError(`What was filled in does not fit: ${outcome.fault}`);
      return { action: 'accept', content: outcome.value as never };
    },
    async sample(request) {
      const params = { ...request };
      return (await put({ method: 'sampling/createMessage', params, needs: { sampling: {} } })) as CreateMessageResult;
    },
    async roots() {
      return ((await put({ method: 'roots/list', needs: { roots: {} } })) as ListRootsResult).roots;
    },
  };
}
