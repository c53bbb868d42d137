import type { ChangeOutlets } from './change-outlets.ts';
import type { ListName } from './changes.ts';
import { findResource } from './find-resource.ts';
import {
  createFixedResource,
  createTemplateResource,
  type ResourceHandler,
  type ResourceOptions,
} from './resource-item.ts';
import { type SessionOptions, sessionRules } from './sessions/session-rules.ts';
import type { FixedResourceItem, PromptItem, Surface, TemplateItem, ToolItem } from './surface.ts';

/** What a server tells of itself. */
export interface ServerFacts {
  readonly name: string;
  readonly version: string;
  /** Shown to people, such as on the consent page. */
  readonly title?: string;
  /** Told to the model by clients that pass it on. */
  readonly instructions?: string;
  /** What lists show: what the caller may use (`granted`, the default), or also what a step-up would bring (`all`). */
  readonly list?: 'granted' | 'all';
  /** The lists that change while the server runs: `listChanged` is called whenever one does. Default none. */
  readonly listChanged?: readonly ListName[];
  /**
   * Whether a client of 2025-11-25 or before gets a session at `initialize`, so that tools may ask it back and it may
   * be told of changes. In the memory of one node: behind a balancer, see docs/deployment.md. Default false.
   */
  readonly sessions?: boolean | SessionOptions;
}

/** The items of one server while it is being defined. */
export interface Items {
  readonly tools: Map<string, ToolItem>;
  readonly prompts: Map<string, PromptItem>;
  readonly resources: Map<string, FixedResourceItem>;
  readonly templates: Map<string, TemplateItem>;
}

/** No item yet. */
export const emptyItems = (): Items => ({
  tools: new Map(),
  prompts: new Map(),
  resources: new Map(),
  templates: new Map(),
});

/** Everything a server offers, under its name. */
export function surfaceOf(
  { name, version, title, instructions, list = 'granted', listChanged = [], sessions }: ServerFacts,
  items: Items,
  changes: ChangeOutlets,
): Surface {
  const info = { name, version, ...(title !== undefined && { title }) };
  const told = { listChanged, changes };
  return {
    info,
    instructions,
    list,
    sessions: sessionRules(sessions, name),
    ...items,
    ...told,
    find: findResource(items),
  };
}

/** Adds a resource behind a URI or a template. Throws TypeError where another template has the same form. */
export function addResource(
  items: Items,
  uri: string,
  label: string,
  options: ResourceOptions,
  scopes: readonly string[],
  handler: ResourceHandler<string>,
): void {
  if (!uri.includes('{')) {
    items.resources.set(uri, createFixedResource(uri, label, options, scopes, handler));
    return;
  }
  const item = createTemplateResource(uri, label, options, scopes, handler);
  const twin = [...items.templates.values()].find(({ template }) => template.shape === item.template.shape);
  if (twin !== undefined) throw new TypeError(`${label} is defined twice: "${twin.template.text}" has the same form.`);
  items.templates.set(uri, item);
}
