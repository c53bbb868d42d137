import {
  type Annotations,
  type CacheHint,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ResourceTemplateType,
} from '@modelcontextprotocol/server';
import { type CacheRule, cacheHint } from './cache-hints.ts';
import type { CallContext } from './context.ts';
import { type ItemFacts, listedFacts } from './item-facts.ts';
import type { ListedResource } from './resources/listed-resource.ts';
import type { ResourceSource } from './resources/source.ts';
import type { Completer, FixedResourceItem, ResourceTarget, TemplateItem } from './surface.ts';
import type { TemplateValues, TemplateVariables } from './template-variables.ts';
import { parseUriTemplate, type UriTemplate } from './uri-template.ts';

/** What a resource is, apart from what it holds. */
export interface ResourceOptions<T extends string = string> extends ItemFacts {
  /** Left out: the URI or template. */
  readonly name?: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** For whom it is, how much it matters, and when it last changed. */
  readonly annotations?: Annotations;
  /** Bytes, where that is known beforehand. */
  readonly size?: number;
  /** Every scope that reading needs. `[]` lets every authenticated caller read. */
  readonly scopes: readonly string[];
  /** For how long, and by whom, what is behind it may be kept. `public` is for resources without scopes. Default: not at all. */
  readonly cache?: CacheRule;
  /** Clients may listen: `resourceUpdated` is called whenever what is behind a URI changes. Default false. */
  readonly subscribe?: boolean;
  /** Templates only: the resources that exist for this caller. Called only for callers who may read them. */
  readonly list?: (context: CallContext) => readonly ListedResource[] | Promise<readonly ListedResource[]>;
  /** Templates only: suggestions by variable. */
  readonly complete?: { readonly [V in TemplateVariables<T>]?: Completer };
}

/** What a resource may return: a text, bytes, any other JSON value, a complete result; undefined where nothing is there. */
export type ResourceHandler<T extends string> = (values: TemplateValues<T>, context: CallContext) => unknown;

/** What is behind a resource: a handler, or one of the ready-made kinds, such as `directoryResource`. */
export type Behind<T extends string> = ResourceHandler<T> | ResourceSource;

/** Makes a resource behind one URI ready to read. Throws TypeError naming it. */
export function createFixedResource(
  uri: string,
  label: string,
  options: ResourceOptions,
  scopes: readonly string[],
  behind: Behind<string>,
): FixedResourceItem {
  if (!URL.canParse(uri)) throw new TypeError(`${label} is not an absolute URI.`);
  if (options.list !== undefined || options.complete !== undefined) {
    throw new TypeError(`${label} has no variables: list and complete are for templates.`);
  }
  sourceOf(behind, new Map(), label);
  const { subscribe = false, tags, size } = options;
  const cache = cacheOf(options, label);
  const listing = { uri, ...facts(uri, options, label), ...(size !== undefined && { size }) };
  return { scopes, tags: new Set(tags), subscribe, cache, listing, read: reader(options, behind) };
}

/** Makes the resources of one template ready to read. Throws TypeError naming the template. */
export function createTemplateResource(
  text: string,
  label: string,
  options: ResourceOptions,
  scopes: readonly string[],
  behind: Behind<string>,
): TemplateItem {
  const template = parseUriTemplate(text);
  const source = sourceOf(behind, template.kinds, label);
  const complete: Readonly<Record<string, Completer | undefined>> = { ...source?.complete, ...options.complete };
  const completers = new Map(Object.entries(complete).flatMap(completerOf));
  const unknown = [...completers.keys()].find((name) => !template.variables.includes(name));
  if (unknown !== undefined) throw new TypeError(`${label} has no variable "${unknown}" to complete.`);
  const listing: ResourceTemplateType = { uriTemplate: text, ...facts(text, options, label) };
  const { mimeType, subscribe = false, tags } = options;
  const list = options.list ?? (source?.list && (() => source.list?.(template.expand) ?? []));
  return {
    scopes,
    tags: new Set(tags),
    subscribe,
    cache: cacheOf(options, label),
    template,
    listing,
    completers,
    read: reader(options, behind),
    list:
      list &&
      (async (context) => {
        const listed = await list(context);
        return listed.map((resource) => ({ ...(mimeType !== undefined && { mimeType }), ...resource }));
      }),
  };
}

const completerOf = ([name, completer]: [string, Completer | undefined]): [string, Completer][] =>
  completer === undefined ? [] : [[name, completer]];

function facts(fallback: string, options: ResourceOptions, label: string) {
  const { name = fallback, description, mimeType, annotations } = options;
  return {
    name,
    ...listedFacts(options, label),
    ...(description !== undefined && { description }),
    ...(mimeType !== undefined && { mimeType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function cacheOf({ cache, scopes }: ResourceOptions, label: string): CacheHint | undefined {
  if (cache?.scope !== 'public' || scopes.length === 0) return cache && cacheHint(cache, label);
  throw new TypeError(`${label} needs scopes: what is kept of it must be private.`);
}

function sourceOf(behind: Behind<string>, variables: UriTemplate['kinds'], label: string): ResourceSource | undefined {
  if (typeof behind === 'function') return undefined;
  const advice = behind.advice(variables);
  if (advice !== undefined) throw new TypeError(`${label} ${advice}.`);
  return behind;
}

function reader({ mimeType }: ResourceOptions, behind: Behind<string>) {
  return async (target: ResourceTarget, context: CallContext): Promise<ReadResourceResult> =>
    typeof behind === 'function'
      ? resourceResult(target.uri, mimeType, await behind(target.values, context))
      : resourceResult(target.uri, mimeType, await behind.read(target, context, mimeType));
}

function resourceResult(uri: string, mimeType: string | undefined, value: unknown): ReadResourceResult {
  if (value === undefined) throw new ResourceNotFoundError(uri);
  if (typeof value === 'string') return { contents: [{ uri, mimeType: mimeType ?? 'text/plain', text: value }] };
  if (value instanceof Uint8Array) {
    const blob = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return { contents: [{ uri, mimeType: mimeType ?? 'application/octet-stream', blob }] };
  }
  if (typeof value === 'object' && value !== null && 'contents' in value) return value as ReadResourceResult;
  return { contents: [{ uri, mimeType: mimeType ?? 'application/json', text: JSON.stringify(value) }] };
}
