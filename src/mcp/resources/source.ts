import type { ReadResourceResult } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import type { Completer, ResourceTarget } from '../surface.ts';
import type { VariableKind } from '../uri-template.ts';
import type { ListedResource } from './listed-resource.ts';

/** A ready-made kind of resource, which stands where a handler would. */
export interface ResourceSource {
  /** What its URI or template must be like, where it is not; `variables` are those of the template, none for a single URI. */
  advice(variables: ReadonlyMap<string, VariableKind>): string | undefined;
  /** Undefined where nothing is there. `mimeType` is what the definition says. */
  read(
    target: ResourceTarget,
    context: CallContext,
    mimeType: string | undefined,
  ): Promise<ReadResourceResult | undefined>;
  /** The resources that exist, with the URI that `expand` makes of the values of each. */
  readonly list?: (expand: (values: Readonly<Record<string, string>>) => string) => Promise<readonly ListedResource[]>;
  /** Suggestions by variable. */
  readonly complete?: Readonly<Record<string, Completer>>;
}

/** Advice for what stands behind a single URI alone. */
export const singleOnly = (variables: ReadonlyMap<string, VariableKind>): string | undefined =>
  variables.size === 0 ? undefined : 'is always the same: it needs a URI without variables';
