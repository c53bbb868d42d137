import { ResourceNotFoundError } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import {
  type Completer,
  definedAs,
  type FixedResourceItem,
  type PromptItem,
  type ResourceItem,
  type ResourceTarget,
  type Surface,
  type TemplateItem,
  type ToolItem,
  type UriRule,
} from '../surface.ts';
import type { UriTemplate } from '../uri-template.ts';
import type { Takes } from './choice.ts';
import type { MountedUris } from './mounted-uris.ts';
import type { Namespace } from './namespace.ts';

/** How the items of one mounted server are seen from outside. */
export interface Outside {
  readonly namespace: Namespace;
  readonly uris: MountedUris;
  readonly takes: Takes;
  /** What the mounted server has behind a URI. */
  readonly find: Surface['find'];
  /** What scopes of the mounted server are called outside; undefined where nobody can have them. */
  needed(inner: readonly string[]): readonly string[] | undefined;
  /** What the handlers of the mounted server are given for a call from outside. */
  inside(context: CallContext): CallContext;
}

/** The tool under its outer name. It needs `scopes`. */
export function mountedTool(item: ToolItem, scopes: readonly string[], { namespace, uris, inside }: Outside): ToolItem {
  const { listing } = item;
  return {
    ...item,
    scopes,
    listing: { ...listing, name: namespace.name(listing.name) },
    run: async (input, context) => uris.toolResult(await item.run(input, inside(context))),
  };
}

/** The prompt under its outer name. */
export function mountedPrompt(item: PromptItem, scopes: readonly string[], outside: Outside): PromptItem {
  const { namespace, uris, inside } = outside;
  const { listing } = item;
  return {
    ...item,
    scopes,
    listing: { ...listing, name: namespace.name(listing.name) },
    completers: mountedCompleters(item.completers, outside),
    fill: async (input, context) => uris.promptResult(await item.fill(input, inside(context))),
  };
}

/** The resource behind its outer URI. */
export function mountedResource(
  item: FixedResourceItem,
  scopes: readonly string[],
  outside: Outside,
): FixedResourceItem {
  const { uri: inner, name, ...others } = item.listing;
  const uri = outside.namespace.uri(inner);
  const listing = { ...others, uri, name: name === inner ? uri : name };
  return { ...item, ...watcher(item, outside), scopes, listing, read: reader(item, outside) };
}

/** The resources behind the outer form of a template. */
export function mountedTemplate(item: TemplateItem, scopes: readonly string[], outside: Outside): TemplateItem {
  const { namespace, inside, takes, find, needed } = outside;
  const { uriTemplate, name, ...others } = item.listing;
  const template = mountedForm(item.template, namespace);
  const list = item.list?.bind(item);
  return {
    ...item,
    ...watcher(item, outside),
    ...(item.uriRules && { uriRules: item.uriRules.map(mountedRule(outside)) }),
    scopes,
    template,
    listing: { ...others, uriTemplate: template.text, name: name === uriTemplate ? template.text : name },
    completers: mountedCompleters(item.completers, outside),
    needs(outer) {
      const uri = namespace.innerUri(outer);
      if (uri === undefined || item.template.match(uri) === undefined || !takes([uri, uriTemplate], item.tags, uri))
        return undefined;
      const owner = find(uri);
      if (owner !== undefined && !isTaken(owner.item, uri, outside)) return undefined;
      const inner = item.needs === undefined ? item.scopes : item.needs(uri);
      return inner && needed(inner);
    },
    list:
      list &&
      (async (context) => {
        const listed = await list(inside(context));
        const taken = listed.filter(({ uri }) => takes([uri, uriTemplate], item.tags, uri));
        return taken.map((resource) => ({ ...resource, uri: namespace.uri(resource.uri) }));
      }),
    read: reader(item, outside),
  };
}

/** Whether what the mounted server has behind `uri` is there outside. */
export const isTaken = (item: FixedResourceItem | TemplateItem, uri: string, { takes, needed }: Outside): boolean =>
  takes([uri, definedAs(item)], item.tags, 'template' in item ? uri : undefined) && needed(item.scopes) !== undefined;

/** A pattern that says too little to tell how its URIs are called outside stays as it is. */
const mountedRule =
  ({ namespace, needed }: Outside) =>
  ({ uris, scopes }: UriRule): UriRule => ({
    uris: /^[a-z][a-z0-9+.-]*:(?:\/\/|[^/*])/i.test(uris) ? namespace.uri(uris) : uris,
    scopes: scopes && needed(scopes),
  });

function mountedForm(template: UriTemplate, { uri, innerUri }: Namespace): UriTemplate {
  return {
    ...template,
    text: uri(template.text),
    shape: uri(template.shape),
    match(outer) {
      const inner = innerUri(outer);
      return inner === undefined ? undefined : template.match(inner);
    },
    expand: (values) => uri(template.expand(values)),
  };
}

function reader(item: ResourceItem, { namespace, uris, inside }: Outside): ResourceItem['read'] {
  return async (target: ResourceTarget, context) => {
    const uri = namespace.innerUri(target.uri);
    if (uri === undefined) throw new ResourceNotFoundError(target.uri);
    try {
      return uris.readResult(await item.read({ ...target, uri }, inside(context)), uri);
    } catch (error) {
      throw error instanceof ResourceNotFoundError ? new ResourceNotFoundError(target.uri) : error;
    }
  };
}

const watcher = ({ watch }: ResourceItem, { namespace }: Outside): Pick<ResourceItem, 'watch'> =>
  watch === undefined ? {} : { watch: (uri, principal) => watch(namespace.innerUri(uri) ?? uri, principal) };

const mountedCompleters = (completers: PromptItem['completers'], { inside }: Outside): ReadonlyMap<string, Completer> =>
  new Map(
    [...completers].map(([argument, complete]) => [
      argument,
      (value, context, others) => complete(value, inside(context), others),
    ]),
  );
