import { changeOutlets, type TellChanges, type Whom } from './change-outlets.ts';
import { composition, type MountArguments } from './composition/composition.ts';
import { declareScopes, type ScopeDeclaration } from './declared-scopes.ts';
import { findResource } from './find-resource.ts';
import { addResource, surfaceOf } from './items.ts';
import type { Middleware } from './middleware/middleware.ts';
import type { Mountable } from './mountable.ts';
import { createPrompt, type PromptHandler, type PromptOptions } from './prompt-item.ts';
import { type Choice, createRegistry, type Duplicates } from './registry.ts';
import type { Behind, ResourceOptions } from './resource-item.ts';
import type { Schema } from './schema.ts';
import { checkFacts, itemLabel, type ServerFacts } from './server-facts.ts';
import { createTool } from './tool-item.ts';
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
  const replaces = (label: string): boolean => settle(duplicates, label);

  /** Checks what all items have in common; false where an earlier definition is kept. */
  const admits = (label: string, taken: boolean, handler: unknown): boolean => {
    if (typeof handler !== 'function') throw new TypeError(`${label} needs a handler function.`);
    return !taken || replaces(label);
  };
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
      const label = itemLabel('Tool', item, name);
      if (admits(label, registry.taken('tools', item), handler)) {
        const needed = scopes.use(toolOptions?.scopes, label);
        registry.put('tools', item, createTool(item, label, { ...options.toolRules, ...toolOptions }, needed, handler));
      }
      return definition;
    },
    resource(uri, resourceOptions, behind) {
      const label = `Resource "${uri}" of ${name}`;
      const taken = registry.taken('resources', uri) || registry.taken('templates', uri);
      if (admits(label, taken, typeof behind === 'object' ? behind.read : behind)) {
        const needed = scopes.use(resourceOptions?.scopes, label);
        addResource(registry, uri, label, resourceOptions, needed, behind, replaces);
      }
      return definition;
    },
    prompt(item, promptOptions, handler) {
      const label = itemLabel('Prompt', item, name);
      if (admits(label, registry.taken('prompts', item), handler)) {
        const needed = scopes.use(promptOptions?.scopes, label);
        registry.put('prompts', item, createPrompt(item, label, promptOptions, needed, handler));
      }
      return definition;
    },
    use: then(whole.use),
    mount: then(whole.mount),
    include: then(whole.include),
    disable: then((items) => registry.decide(items, 'hidden')),
    enable: then((items) => registry.decide(items, 'shown')),
    remove: then((items) => registry.decide(items, 'gone')),
    resourceUpdated: changes.resourceUpdated,
    listChanged: changes.listChanged,
  };
  return definition;
}

/** Whether a later definition takes the place of an earlier one. Throws TypeError where neither may. */
function settle(duplicates: Duplicates, label: string): boolean {
  if (duplicates === 'error') throw new TypeError(`${label} is defined twice.`);
  if (duplicates === 'warn')
    process.emitWarning(`${label} is defined twice: the later one counts.`, 'GatehouseWarning');
  return duplicates !== 'ignore';
}
