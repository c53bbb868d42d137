import { fromJsonSchema, type ToolAnnotations } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import { checkAgainst, type JsonSchema, type Schema } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import type { ApiRequest, CallApi } from './api-client.ts';
import { boundedValidator } from './bounded-validator.ts';
import type { OpenApiDocument } from './document.ts';
import { schemaWriter } from './json-schema.ts';
import { type DocumentedOperation, type HttpMethod, type Operation, operationLabel } from './list-operations.ts';
import { member } from './members.ts';
import { type Parameter, readParameters } from './parameters.ts';
import type { PathIndex } from './path-index.ts';
import type { References } from './references.ts';
import { type RequestBody, readBody } from './request-body.ts';
import { pathWriter, requestUrl, type WritePath } from './request-url.ts';
import { type Answer, readOutput } from './responses.ts';
import { headerValue, pathValue, queryPairs } from './serialise.ts';
import { Unsupported } from './unsupported.ts';

/** What all operations of a service share. */
export interface OperationParts {
  readonly document: OpenApiDocument;
  readonly references: References;
  readonly base: URL;
  readonly callApi: CallApi;
  readonly paths: PathIndex;
  /** Whether the values of a parameter in the path may hold slashes. */
  maySlash(operation: Operation, parameter: string): boolean;
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
  /** Whether results are described, and held to what describes them. */
  readonly described: boolean;
}

/** An operation that can be called. */
export interface OperationItem {
  readonly parameters: readonly Parameter[];
  readonly input: Schema;
  readonly output: Schema | undefined;
  readonly annotations: ToolAnnotations;
  /** Calls the API with arguments that fit `input`. Throws ToolError for anything but a success. */
  ask(input: unknown, context: CallContext): Promise<Answer>;
}

/** Makes an operation ready to be called. Throws Unsupported where it cannot be. */
export function createOperation(operation: DocumentedOperation, parts: OperationParts): OperationItem {
  const { document, references } = parts;
  if (operation.elsewhere) throw new Unsupported('it has servers of its own');
  const out = schemaWriter(document, references, 'out');
  const parameters = readParameters(operation, references, parts.headers);
  const body = operation.method === 'GET' ? undefined : readBody(operation.requestBody, references, out);
  const properties = parameters.map(({ argument, schema, description }): [string, JsonSchema | boolean] => [
    argument,
    described(out.write(schema), description),
  ]);
  const inputJson = out.whole({
    type: 'object',
    properties: Object.fromEntries([...properties, ...(body === undefined ? [] : [['body', body.schema] as const])]),
    required: [
      ...parameters.filter(({ required }) => required).map(({ argument }) => argument),
      ...(body?.required ? ['body'] : []),
    ],
    additionalProperties: false,
  });
  const outputJson = parts.described
    ? readOutput(operation.responses, references, schemaWriter(document, references, 'in'))
    : undefined;
  const writePath = pathWriter(operation.path, {
    paths: parts.paths,
    maySlash: (variable) => parts.maySlash(operation, variable),
  });
  const send = requestWriter(operation, parts.base, { parameters, body, writePath });
  const check = outputJson && compiled(outputJson);
  return {
    parameters,
    input: compiled(inputJson),
    output: check && published(check),
    annotations: annotationsOf(operation.method),
    async ask(input, context) {
      const answer = await parts.callApi(send(input), context);
      if (check !== undefined) await holdTo(check, answer, operation, context);
      return answer;
    },
  };
}

const VALIDATOR = boundedValidator();

/** Throws Unsupported for a schema that the validator does not take. */
function compiled(schema: JsonSchema): Schema {
  try {
    return fromJsonSchema(schema, VALIDATOR);
  } catch (cause) {
    throw new Unsupported(`a schema does not work: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The same schema for those that list it; the value has been held to it already. */
const published = (checked: Schema): Schema =>
  ({ '~standard': { ...checked['~standard'], validate: (value: unknown) => ({ value }) } }) satisfies Schema;

function described(schema: JsonSchema | boolean, description: string | undefined): JsonSchema | boolean {
  if (typeof schema === 'boolean' || description === undefined || schema.description !== undefined) return schema;
  return { ...schema, description };
}

/** An API that does not keep to its own document is told of as such: no client would take the result. */
async function holdTo(check: Schema, { value }: Answer, operation: DocumentedOperation, context: CallContext) {
  const outcome = await checkAgainst(check, value);
  if (!('fault' in outcome)) return;
  context.log.warn('api_answer_undocumented', { operation: operationLabel(operation), fault: outcome.fault });
  throw new ToolError('The API answered with something that its document does not describe.');
}

interface RequestWriterParts {
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
  readonly writePath: WritePath;
}

function requestWriter(operation: DocumentedOperation, base: URL, { parameters, body, writePath }: RequestWriterParts) {
  const { method } = operation;
  const label = operationLabel(operation);
  return (input: unknown): ApiRequest => {
    const given = parameters
      .map((parameter) => [parameter, member(input, parameter.argument)] as const)
      .filter(([, value]) => value !== undefined);
    const at = (place: Parameter['place']) => given.filter(([parameter]) => parameter.place === place);
    const path = writePath(
      new Map(at('path').map(([parameter, value]) => [parameter.name, pathValue(parameter, value)])),
    );
    const query = at('query').flatMap(([parameter, value]) => queryPairs(parameter, value));
    const content = member(input, 'body');
    return {
      label,
      method,
      url: requestUrl(base, path, query),
      headers: new Map(at('header').map(([parameter, value]) => [parameter.name, headerValue(parameter, value)])),
      body: body === undefined || content === undefined ? undefined : body.encode(content),
    };
  };
}

/** RFC 9110 §9.2. */
const annotationsOf = (method: HttpMethod): ToolAnnotations => ({
  readOnlyHint: method === 'GET',
  ...(method !== 'GET' && { destructiveHint: method !== 'POST' }),
  idempotentHint: method !== 'POST' && method !== 'PATCH',
  openWorldHint: true,
});
