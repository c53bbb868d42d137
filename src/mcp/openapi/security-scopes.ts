import type { OpenApiDocument } from './document.ts';
import type { DocumentedOperation } from './list-operations.ts';
import { entriesOf, listOf, member, textOf } from './members.ts';
import type { References } from './references.ts';

/** The scopes here that one scope of the API stands for. An empty list: it asks nothing of callers. */
export type MapScope = (scope: string) => string | readonly string[];

/** What a document says of scopes. */
export interface SecurityScopes {
  /** Plain words for the scopes of its OAuth 2 flows, by the names that they have here. */
  readonly descriptions: Readonly<Record<string, string>>;
  /** What an operation needs; undefined where the document asks for none. */
  scopesOf(operation: Pick<DocumentedOperation, 'security'>): readonly string[] | undefined;
}

/**
 * Reads the security schemes of type oauth2 and openIdConnect. Of several alternatives of an operation, the first that
 * names scopes counts.
 */
export function securityScopes(
  { root }: OpenApiDocument,
  references: References,
  mapScope: MapScope = (scope) => scope,
): SecurityScopes {
  const schemes = entriesOf(member(root.components, 'securitySchemes')).map(
    ([name, scheme]) => [name, references.resolve(scheme).value] as const,
  );
  const scoped = new Map(
    schemes.filter(([, scheme]) => ['oauth2', 'openIdConnect'].includes(String(member(scheme, 'type')))),
  );
  const here = (scope: unknown): readonly string[] => (typeof scope === 'string' ? [mapScope(scope)].flat() : []);
  const scopesIn = (alternative: unknown): readonly string[] => [
    ...new Set(
      entriesOf(alternative).flatMap(([name, scopes]) => (scoped.has(name) ? listOf(scopes).flatMap(here) : [])),
    ),
  ];
  return {
    descriptions: Object.fromEntries(
      [...scoped.values()]
        .flatMap((scheme) => entriesOf(member(scheme, 'flows')))
        .flatMap(([, flow]) => entriesOf(member(flow, 'scopes')))
        .flatMap(([scope, words]) => here(scope).map((name) => [name, textOf(words)] as const))
        .filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
    ),
    scopesOf: ({ security }) =>
      listOf(security)
        .map(scopesIn)
        .find((scopes) => scopes.length > 0),
  };
}
