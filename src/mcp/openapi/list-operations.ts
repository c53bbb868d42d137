import type { OpenApiDocument } from './document.ts';
import { entriesOf, listOf, member, textOf } from './members.ts';
import type { References } from './references.ts';

/** The methods that are served. HEAD, OPTIONS and TRACE say nothing that a model could use. */
export type HttpMethod = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';

const METHODS: readonly HttpMethod[] = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];

/** One operation of the document, as rules and hooks see it. */
export interface Operation {
  readonly method: HttpMethod;
  /** As the document has it, with its `{parameters}`. */
  readonly path: string;
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly deprecated: boolean;
}

/** An operation with the parts of the document that it is made of. */
export interface DocumentedOperation extends Operation {
  /** Those of the path too; references are not followed yet. */
  readonly parameters: readonly unknown[];
  readonly requestBody: unknown;
  readonly responses: unknown;
  /** Its own security, or the document's. */
  readonly security: unknown;
  /** Whether it, or its path, names servers of its own. */
  readonly elsewhere: boolean;
}

/** Every operation of the document, in its order. Throws TypeError where its paths cannot be read. */
export function listOperations({ root }: OpenApiDocument, references: References): readonly DocumentedOperation[] {
  return entriesOf(root.paths).flatMap(([path, item]) => {
    const place = resolved(references, item, path);
    return METHODS.flatMap((method) => {
      const operation = member(place, method.toLowerCase());
      return operation === undefined ? [] : [readOperation(method, path, operation, place, root.security)];
    });
  });
}

function resolved(references: References, item: unknown, path: string): unknown {
  if (!path.startsWith('/')) throw new TypeError(`The path ${JSON.stringify(path)} must begin with a slash.`);
  return references.resolve(item).value;
}

function readOperation(
  method: HttpMethod,
  path: string,
  operation: unknown,
  place: unknown,
  security: unknown,
): DocumentedOperation {
  const own = member(operation, 'security');
  return {
    method,
    path,
    operationId: textOf(member(operation, 'operationId')),
    summary: textOf(member(operation, 'summary')) ?? textOf(member(place, 'summary')),
    description: textOf(member(operation, 'description')) ?? textOf(member(place, 'description')),
    tags: listOf(member(operation, 'tags')).filter((tag) => typeof tag === 'string'),
    deprecated: member(operation, 'deprecated') === true,
    parameters: [...listOf(member(place, 'parameters')), ...listOf(member(operation, 'parameters'))],
    requestBody: member(operation, 'requestBody'),
    responses: member(operation, 'responses'),
    security: own === undefined ? security : own,
    elsewhere: [place, operation].some((part) => listOf(member(part, 'servers')).length > 0),
  };
}

/** How an operation is spoken of. */
export const operationLabel = ({ method, path }: Pick<Operation, 'method' | 'path'>): string => `${method} ${path}`;
