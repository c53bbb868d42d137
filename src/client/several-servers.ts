import { findOverlap } from '../core/overlapping.ts';
import type { McpCalls, McpClient } from './mcp-client.ts';

/** Several servers as one: tools and prompts are called `<server>_<name>`, resources `<scheme>://<server>/<rest>`. */
export interface McpClients extends McpCalls {
  readonly servers: ReadonlyMap<string, McpClient>;
}

/**
 * Throws TypeError where one name begins another with `_` after it: a tool could not be told to be of the one or of the
 * other, and a server could name its own like one of another server.
 */
export function checkServerNames(names: readonly string[]): void {
  const [longer, name] = findOverlap(names, (each) => `${each}_`) ?? [];
  if (longer !== undefined)
    throw new TypeError(`The names of servers must be apart: ${longer} could be a tool of ${name}. Rename one.`);
}

/** Puts connected servers together. A name that fits none is refused with TypeError before anything is sent. */
export function severalServers(servers: ReadonlyMap<string, McpClient>): McpClients {
  const all = async <T>(ask: (client: McpClient, name: string) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all([...servers].map(([name, client]) => ask(client, name)))).flat();
  checkServerNames([...servers.keys()]);
  const ofItem = (item: string): readonly [McpClient, string] => {
    const found = [...servers].find(([name]) => item.startsWith(`${name}_`));
    if (found === undefined) throw unknown(item);
    return [found[1], item.slice(found[0].length + 1)];
  };
  const ofUri = (uri: string): readonly [McpClient, string] => {
    const [, scheme, name = '', rest] = /^([^:]+:\/\/)([^/]*)\/(.*)$/s.exec(uri) ?? [];
    const client = servers.get(name);
    if (client === undefined) throw unknown(uri);
    return [client, `${scheme}${rest}`];
  };
  const unknown = (name: string) =>
    new TypeError(`${name} is of none of these servers: ${[...servers.keys()].join(', ')}.`);
  const close = async () => {
    await Promise.all([...servers.values()].map((client) => client.close()));
  };
  return {
    servers,
    listTools: () => all(async (client, name) => (await client.listTools()).map(named(name))),
    listPrompts: () => all(async (client, name) => (await client.listPrompts()).map(named(name))),
    listResources: () =>
      all(async (client, name) =>
        (await client.listResources()).map((item) => ({ ...item, uri: prefixed(name, item.uri) })),
      ),
    listResourceTemplates: () =>
      all(async (client, name) =>
        (await client.listResourceTemplates()).map((item) => ({
          ...item,
          uriTemplate: prefixed(name, item.uriTemplate),
        })),
      ),
    async callTool(item, input, options) {
      const [client, name] = ofItem(item);
      return client.callTool(name, input, options);
    },
    async readResource(uri, options) {
      const [client, own] = ofUri(uri);
      return client.readResource(own, options);
    },
    async getPrompt(item, input, options) {
      const [client, name] = ofItem(item);
      return client.getPrompt(name, input, options);
    },
    async complete(params, options) {
      const { ref } = params;
      const [client, own] = ref.type === 'ref/prompt' ? ofItem(ref.name) : ofUri(ref.uri);
      const named = ref.type === 'ref/prompt' ? { ...ref, name: own } : { ...ref, uri: own };
      return client.complete({ ...params, ref: named }, options);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const named =
  (server: string) =>
  <T extends { readonly name: string }>(item: T): T => ({ ...item, name: `${server}_${item.name}` });

const prefixed = (server: string, uri: string): string => uri.replace('://', `://${server}/`);
