import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { ScopeDeclaration } from '../declared-scopes.ts';
import { createPolicy, type ItemKind, type PolicyOptions } from '../policy.ts';
import type { OpenApiDocument } from './document.ts';
import type { DocumentedOperation } from './list-operations.ts';
import type { References } from './references.ts';
import { type MapScope, securityScopes } from './security-scopes.ts';

/** An operation and what it is served as. */
export interface ScopedItem {
  readonly operation: DocumentedOperation;
  readonly kind: ItemKind;
  /** Of a resource its URI, of a template its text. */
  readonly name: string;
  readonly annotations: ToolAnnotations;
}

/** What the operations of a service need. */
export interface OperationScopes {
  readonly declared: Readonly<Record<string, ScopeDeclaration>>;
  /** Undefined where nobody says: such an operation is not there. */
  scopesOf(item: ScopedItem): readonly string[] | undefined;
  /** The rules of the policy that have fit nothing, in words. */
  unused(): readonly string[];
}

/** What says so. */
export interface OperationScopeOptions {
  readonly scopes?: Readonly<Record<string, ScopeDeclaration>>;
  readonly mapScope?: MapScope;
  readonly policy?: PolicyOptions;
  readonly otherwise?: readonly string[];
}

/**
 * The scopes of the document's own `security`, else `otherwise`. With a policy, those and what its rule says together; an
 * operation that no rule fits is then not there. Throws TypeError for a policy beside `otherwise`.
 */
export function operationScopes(
  document: OpenApiDocument,
  references: References,
  { scopes = {}, mapScope, policy: rules, otherwise }: OperationScopeOptions,
  title: string,
): OperationScopes {
  if (rules !== undefined && otherwise !== undefined) {
    throw new TypeError(`${title}: write a last rule { name: '*', scopes } in policy instead of otherwise.`);
  }
  const security = securityScopes(document, references, mapScope);
  const policy = rules && createPolicy(rules, title);
  return {
    declared: { ...security.descriptions, ...Object.fromEntries(policy?.catalogue() ?? []), ...scopes },
    scopesOf({ operation, ...item }) {
      const documented = security.scopesOf(operation);
      if (policy === undefined) return documented ?? otherwise;
      const ruled = policy.scopesOf({ ...item, tags: new Set(operation.tags) });
      return ruled && [...(documented ?? []), ...ruled];
    },
    unused: () => policy?.unused() ?? [],
  };
}
