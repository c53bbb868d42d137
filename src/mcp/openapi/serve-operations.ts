import type { ServerDefinition } from '../define-server.ts';
import { type DocumentedOperation, type Operation, operationLabel } from './list-operations.ts';
import { createOperation, type OperationItem, type OperationParts } from './operation-item.ts';
import { operationResource } from './operation-resource.ts';
import type { OperationScopes } from './operation-scopes.ts';
import { resultOf } from './responses.ts';
import type { RouteKind } from './route-rules.ts';
import { Unsupported } from './unsupported.ts';

/** An operation that is not served. */
export interface Left {
  readonly operation: Operation;
  readonly label: string;
  readonly reason: string;
  /** Whether it could not be, rather than that nobody says what it needs. */
  readonly fault: boolean;
}

/** What they are served with. */
export interface ServeParts {
  readonly server: ServerDefinition;
  readonly scopes: OperationScopes;
  readonly parts: OperationParts;
  kindOf(operation: Operation): RouteKind;
  nameOf(operation: Operation): string;
}

/** Defines every operation on the server, and returns those that it left out. */
export function serveOperations(operations: readonly DocumentedOperation[], serving: ServeParts): readonly Left[] {
  const left: Left[] = [];
  for (const operation of operations) {
    const facts = { operation, label: operationLabel(operation) };
    try {
      const served = serveOperation(operation, serving);
      if (!served) left.push({ ...facts, fault: false, reason: 'nothing says which scopes it needs' });
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      left.push({ ...facts, fault: true, reason: error.message });
    }
  }
  return left;
}

/** False where nobody says what it needs. */
function serveOperation(operation: DocumentedOperation, serving: ServeParts): boolean {
  const { server, scopes, parts } = serving;
  const kind = serving.kindOf(operation);
  const name = serving.nameOf(operation);
  const item = createOperation(operation, parts);
  const { annotations } = item;
  if (kind === 'resource' || kind === 'template') {
    const { uri, read } = operationResource(operation, item, kind, server.name);
    const needed = scopes.scopesOf({ operation, kind, name: uri, annotations });
    if (needed !== undefined) server.resource(uri, { name, ...factsOf(operation), scopes: needed }, read);
    return needed !== undefined;
  }
  const needed = scopes.scopesOf({ operation, kind: 'tool', name, annotations });
  if (needed !== undefined) serveTool(server, operation, name, item, needed);
  return needed !== undefined;
}

function serveTool(
  server: ServerDefinition,
  operation: DocumentedOperation,
  name: string,
  { input, output, annotations, ask }: OperationItem,
  scopes: readonly string[],
): void {
  const { title, description = title ?? operationLabel(operation), tags } = factsOf(operation);
  const options = { description, tags, annotations, input, scopes, ...(title !== undefined && { title }) };
  server.tool(name, { ...options, ...(output && { output }) }, async (given, context) =>
    resultOf(await ask(given, context), name),
  );
}

/** A description may have this many characters: it is sent with every list. */
const LONGEST_DESCRIPTION = 2000;

function factsOf({ summary, description, deprecated, tags }: DocumentedOperation) {
  const words = [...(deprecated ? ['Deprecated.'] : []), ...[description ?? []].flat()].join(' ');
  return {
    ...(summary !== undefined && { title: summary }),
    ...(words !== '' && { description: words.slice(0, LONGEST_DESCRIPTION) }),
    tags,
  };
}
