import { changeOutlets, type TellChanges, type Whom } from './change-outlets.ts';
import { composition, type MountArguments } from './composition/composition.ts';
import { declareScopes, type ScopeDeclaration } from './declared-scopes.ts';
import { defineItems } from './define-items.ts';
import { findResource } from './find-resource.ts';
import type { Middleware } from './middleware/middleware.ts';
import type { Mountable } from './mountable.ts';
import type { PromptHandler, PromptOptions } from './prompt-item.ts';
import { type Choice, createRegistry } from './registry.ts';
import type { Behind, ResourceOptions } from './resource-item.ts';
import type { Schema } from './schema.ts';
import { checkFacts, type ServerFacts } from './server-facts.ts';
import { surfaceOf } from './surface-of.ts';
import type { ToolHandler, ToolOptions } from './tool-options.ts';

export type { CallContext } from './context.ts';
export type { Choice } from './registry.ts';
export { ToolError } from './tool-error.ts';

/** What a server is called and how it is protected. */
export interface ServerOptions extends ServerFacts {
  /** Names, plain words and hierarchy. Scopes that are only used get a plain description of their own. */
  readonly scopes?: Readonly<Record<string, ScopeDeclaration>>;
  /**
   * What the first challenge asks for. Left out: every scope of the server, so that one sign-in is enough. Set it where
   * callers should start with less and step up.
   */
  readonly defaultScopes?: readonly string[];
}

/**
 * A server's tools, resources and prompts. Each method throws TypeError naming an item that cannot work. Items may come and go
 * while the server runs, at this process alone; reading the definition, as mounting does, closes it to new scopes.
 */
export interface ServerDefinition extends Mountable, TellChanges<Whom> {
  tool<I extends Schema | undefined = undefined, O extends Schema | undefined = undefined>(
    name: string,
    options: ToolOptions<I, O>,
    handler: ToolHandler<I, O>,
  ): ServerDefinition;
  /**
   * `uri` is an absolute URI, or a template: `notes://{id}` (one path segment), `docs://{path*}` (several), `notes://list{?tag,by}`
   * (members of the query, which a URI may leave out). No value is a way out of a folder.
   */
  resource<const T extends string>(uri: T, options: ResourceOptions<T>, behind: Behind<T>): ServerDefinition;
  prompt<I extends Schema | undefined = undefined>(
    name: string,
    options: PromptOptions<I>,
    handler: PromptHandler<I>,
  ): ServerDefinition;
  /**
   * Stands around all that the server does, the first the outermost ([middleware](docs/middleware.md)). Throws TypeError for what is
   * no middleware, and once the server has been mounted.
   */
  use(...middleware: readonly Middleware[]): ServerDefinition;
  /**
   * Puts all that `other` offers here, below a prefix or beside the items of this server: `mount('notes', other)` gives the tool
   * `notes_add` and the resource `notes://notes/1`. Items that come and go there do so here. Until this server is mounted itself.
   */
  mount(...how: MountArguments): ServerDefinition;
  /** The same with what `other` offers at this moment. */
  include(...how: MountArguments): ServerDefinition;
  /** From now on these items are as if they had never been defined, for everybody. Calls that run end as they would have. */
  disable(items: Choice): ServerDefinition;
  /** They are back, in their places. */
  enable(items: Choice): ServerDefinition;
  /** They alone are there; all others are disabled, but for those that are defined later. */
  enableOnly(items: Choice): ServerDefinition;
  /** Disables them for good: their names are free. */
  remove(items: Choice): ServerDefinition;
}

/** Starts the definition of an MCP server. Throws TypeError for a name, version, scope or list rule that cannot work. */
export function defineServer(options: ServerOptions): ServerDefinition {
  const { name, title, listChanged = [], duplicates = 'error' } = options;
  checkFacts(options);
  const scopes = declareScopes(options.scopes ?? {}, title ?? name);
  const defaults = options.defaultScopes && scopes.use(options.defaultScopes, `defaultScopes of ${name}`);
  const registry = createRegistry(`Server ${name}`, (list) => {
    if (listChanged.includes(list)) changes.listChanged(list, { to: 'everyone' });
  });
  const find = findResource(registry.live);
  const changes = changeOutlets(`Server ${name}`, listChanged, find);
  const items = defineItems(options, { registry, scopes });
  const then =
    <A extends readonly unknown[]>(act: (...how: A) => void) =>
    (...how: A) => {
      act(...how);
      return definition;
    };
  const closing =
    <T>(read: () => T) =>
    () => {
      scopes.close();
      return read();
    };

  const whole = composition({
    name,
    title,
    duplicates,
    fixedDefaults: defaults !== undefined,
    catalogue: closing(() => scopes.catalogue()),
    defaultScopes: closing(() => defaults ?? [...scopes.catalogue().keys()]),
    surface: closing(() => surfaceOf(options, registry.live, find, changes)),
  });

  const definition: ServerDefinition = {
    ...whole,
    tool(item, toolOptions, handler) {
      items.tool(item, toolOptions, handler);
      return definition;
    },
    resource(uri, resourceOptions, behind) {
      items.resource(uri, resourceOptions, behind);
      return definition;
    },
    prompt(item, promptOptions, handler) {
      items.prompt(item, promptOptions, handler);
      return definition;
    },
    use: then(whole.use),
    mount: then(whole.mount),
    include: then(whole.include),
    disable: then((items) => registry.decide(items, 'hidden')),
    enable: then((items) => registry.decide(items, 'shown')),
    enableOnly: then((items) => registry.decide(items, 'alone')),
    remove: then((items) => registry.decide(items, 'gone')),
    resourceUpdated: changes.resourceUpdated,
    listChanged: changes.listChanged,
  };
  return definition;
}
