import type { ResourceTemplateType } from '@modelcontextprotocol/server';
import type { Log } from '../../core/log.ts';
import { type FoldedUri, foldUri, mayShareUris } from '../folded-uri.ts';
import type { ItemKind, Policy, PolicyItem } from '../policy.ts';
import type { FixedResourceItem, PromptItem, TemplateItem, ToolItem } from '../surface.ts';
import { parseUriTemplate } from '../uri-template.ts';
import {
  type Common,
  foreignPrompt,
  foreignResource,
  foreignTemplate,
  foreignTool,
  type ItemParts,
  tagsOf,
} from './foreign-items.ts';
import type { Listing } from './listing.ts';
import { needsByTemplates, needsOfUris, type UriNeeds } from './uri-needs.ts';

/** The items of a listing that the policy has a place for. */
export interface ForeignItems {
  readonly tools: ReadonlyMap<string, ToolItem>;
  readonly prompts: ReadonlyMap<string, PromptItem>;
  readonly resources: ReadonlyMap<string, FixedResourceItem>;
  readonly templates: ReadonlyMap<string, TemplateItem>;
  /** What is needed for a URI of a template. */
  readonly needs: UriNeeds<string>;
}

/** Makes the items. What cannot be one, or has no rule, is left out and named in the log. */
export function foreignItemsOf(listing: Listing, policy: Policy, parts: ItemParts, log: Log): ForeignItems {
  const { place, tellUnnamed } = placing(log);
  const tools = place('tool', listing.tools, nameOf, policy.scopesOf, (tool, common) =>
    foreignTool(tool, common, parts),
  );
  const prompts = place('prompt', listing.prompts, nameOf, policy.scopesOf, (prompt, common) =>
    foreignPrompt(prompt, common, parts),
  );
  const templates = place(
    'template',
    listing.templates,
    ({ uriTemplate }) => uriTemplate,
    policy.scopesOf,
    (template, common) => withUriRules(foreignTemplate(template, common, parts), policy),
  );
  const listed = listing.templates.map(asPolicyItem);
  const byTemplates = needsByTemplates(listed, policy);
  tellOfWide(
    listed.filter((item) => policy.scopesOf(item) === undefined),
    log,
  );
  const resources = place(
    'resource',
    listing.resources,
    ({ uri }) => uri,
    (item) =>
      policy.scopesOf(item) ?? (policy.hides(item) ? undefined : scopesByTemplate(item.name, templates, byTemplates)),
    (resource, common) => foreignResource(resource, common, parts),
  );
  tellUnnamed();
  const needs = needsOfUris(byTemplates, listing.resources, resources);
  return { tools, prompts, resources, templates, needs };
}

const nameOf = ({ name }: { readonly name: string }): string => name;
const NAME = /^\P{Cc}{1,1024}$/u;

/** What the listings of all kinds may have. */
interface Listed {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
  readonly annotations?: object | undefined;
}

function placing(log: Log) {
  const unnamed: string[] = [];
  return {
    place<L extends Listed, I>(
      kind: ItemKind,
      entries: readonly L[],
      keyOf: (entry: L) => string,
      scopesOf: Policy['scopesOf'],
      make: (entry: L, common: Common) => I,
    ): Map<string, I> {
      const made = new Map<string, I>();
      for (const entry of entries) {
        const name = keyOf(entry);
        const tags = tagsOf(entry);
        const scopes = scopesOf({ kind, name, tags, annotations: entry.annotations } satisfies PolicyItem);
        if (scopes === undefined) unnamed.push(`${kind} ${name.slice(0, 128)}`);
        const fault =
          scopes && tryTo(() => made.set(checked(name, made), make(entry, { scopes, tags, foreign: true })));
        if (fault) log.warn('foreign_item_left_out', { kind, item: name.slice(0, 128), reason: fault.message });
      }
      return made;
    },
    tellUnnamed() {
      if (unnamed.length === 0) return;
      log.info('foreign_items_without_rule', { count: unnamed.length, items: unnamed.slice(0, 50) });
    },
  };
}

function checked(name: string, taken: ReadonlyMap<string, unknown>): string {
  if (taken.has(name)) throw new TypeError('It is listed twice.');
  if (!NAME.test(name)) throw new TypeError('Its name is empty, too long or has control characters.');
  return name;
}

/** The TypeError that `make` throws. */
function tryTo(make: () => unknown): TypeError | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

/** Names hidden templates of a form that cannot be matched here: with them goes every URI that could be theirs. */
function tellOfWide(hidden: readonly PolicyItem[], log: Log): void {
  for (const { name } of hidden) {
    const fault = tryTo(() => parseUriTemplate(name));
    if (fault) log.warn('foreign_template_hidden_widely', { item: name.slice(0, 128), reason: fault.message });
  }
}

/** A template as its policy sees it. */
const asPolicyItem = (listing: ResourceTemplateType): PolicyItem => ({
  kind: 'template',
  name: listing.uriTemplate,
  tags: tagsOf(listing),
  annotations: listing.annotations,
});

/** Those of rules about other URIs are left out, as far as the texts tell. */
function withUriRules(item: TemplateItem, policy: Policy): TemplateItem {
  const [start = ''] = item.template.text.split('{');
  return {
    ...item,
    uriRules: policy.uriRules(asPolicyItem(item.listing)).filter(({ uris }) => mayShareUris(uris, `${start}*`)),
  };
}

/** A resource that no rule names belongs to the template that leads to it. */
function scopesByTemplate(uri: string, templates: ReadonlyMap<string, TemplateItem>, needs: UriNeeds<FoldedUri>) {
  const item = [...templates.values()].find(({ template }) => template.match(uri) !== undefined);
  return item && needs(item.template.text, foldUri(uri));
}
