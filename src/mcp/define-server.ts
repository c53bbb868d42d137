import { changeOutlets, type TellChanges, type Whom } from './change-outlets.ts';
import { declareScopes, type ScopeDeclaration } from './declared-scopes.ts';
import { findResource } from './find-resource.ts';
import { addResource, emptyItems, type ServerFacts, surfaceOf } from './items.ts';
import type { Mountable } from './mountable.ts';
import { createPrompt, type PromptHandler, type PromptOptions } from './prompt-item.ts';
import type { ResourceHandler, ResourceOptions } from './resource-item.ts';
import type { Schema } from './schema.ts';
import { sessionRules } from './sessions/session-rules.ts';
import { createTool, type ToolHandler, type ToolOptions } from './tool-item.ts';

export type { CallContext } from './context.ts';
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
 * A server's tools, resources and prompts. Each method throws TypeError naming an item that cannot work. Reading the
 * definition closes it, as mounting does: an item that the gate has not been told of is never served.
 */
export interface ServerDefinition extends Mountable, TellChanges<Whom> {
  tool<I extends Schema | undefined = undefined, O extends Schema | undefined = undefined>(
    name: string,
    options: ToolOptions<I, O>,
    handler: ToolHandler<I, O>,
  ): ServerDefinition;
  /** `uri` is an absolute URI, or a template such as `notes://{id}` whose variables each fill one path segment. */
  resource<const T extends string>(uri: T, options: ResourceOptions<T>, handler: ResourceHandler<T>): ServerDefinition;
  prompt<I extends Schema | undefined = undefined>(
    name: string,
    options: PromptOptions<I>,
    handler: PromptHandler<I>,
  ): ServerDefinition;
}

/** SEP-986. */
const ITEM_NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** Starts the definition of an MCP server. Throws TypeError for a name, version, scope or list rule that cannot work. */
export function defineServer(options: ServerOptions): ServerDefinition {
  const { name, title } = options;
  checkOptions(options);
  const scopes = declareScopes(options.scopes ?? {}, title ?? name);
  const defaults = options.defaultScopes && scopes.use(options.defaultScopes, `defaultScopes of ${name}`);
  const items = emptyItems();
  const changes = changeOutlets(`Server ${name}`, options.listChanged ?? [], () => findResource(items));
  let open = true;
  const closing =
    <T>(read: () => T) =>
    () => {
      open = false;
      return read();
    };

  /** Checks what all items have in common and returns the scopes. */
  const admit = (label: string, taken: boolean, needed: unknown, handler: unknown): readonly string[] => {
    if (!open) throw new TypeError(`${label} came too late: define everything before the server is mounted.`);
    if (taken) throw new TypeError(`${label} is defined twice.`);
    if (typeof handler !== 'function') throw new TypeError(`${label} needs a handler function.`);
    return scopes.use(needed, label);
  };

  const definition: ServerDefinition = {
    name,
    title,
    tool(item, toolOptions, handler) {
      const label = itemLabel('Tool', item, name);
      const needed = admit(label, items.tools.has(item), toolOptions?.scopes, handler);
      items.tools.set(item, createTool(item, label, toolOptions, needed, handler));
      return definition;
    },
    resource(uri, resourceOptions, handler) {
      const label = `Resource "${uri}" of ${name}`;
      const needed = admit(label, items.resources.has(uri), resourceOptions?.scopes, handler);
      addResource(items, uri, label, resourceOptions, needed, handler);
      return definition;
    },
    prompt(item, promptOptions, handler) {
      const label = itemLabel('Prompt', item, name);
      const needed = admit(label, items.prompts.has(item), promptOptions?.scopes, handler);
      items.prompts.set(item, createPrompt(item, label, promptOptions, needed, handler));
      return definition;
    },
    catalogue: closing(() => scopes.catalogue()),
    defaultScopes: closing(() => defaults ?? [...scopes.catalogue().keys()]),
    surface: closing(() => surfaceOf(options, items, changes)),
    resourceUpdated: changes.resourceUpdated,
    listChanged: changes.listChanged,
  };
  return definition;
}

function checkOptions({ name, version, list = 'granted', sessions }: ServerOptions): void {
  if (typeof name !== 'string' || !ITEM_NAME.test(name)) {
    throw new TypeError(`Server name ${JSON.stringify(name)} must be 1 to 128 letters, digits, ".", "_" or "-".`);
  }
  if (typeof version !== 'string' || version === '') throw new TypeError(`Server ${name} needs a version.`);
  if (list !== 'granted' && list !== 'all') throw new TypeError(`Server ${name}: list must be "granted" or "all".`);
  sessionRules(sessions, name);
}

function itemLabel(kind: string, item: string, server: string): string {
  if (typeof item === 'string' && ITEM_NAME.test(item)) return `${kind} "${item}" of ${server}`;
  throw new TypeError(
    `${kind} name ${JSON.stringify(item)} of ${server} must be 1 to 128 letters, digits, ".", "_" or "-".`,
  );
}
