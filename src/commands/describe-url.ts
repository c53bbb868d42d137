import { discoverOAuthProtectedResourceMetadata } from '@modelcontextprotocol/client';
import { connect } from '../client/connect.ts';
import { bearerToken } from '../client/fixed-credentials.ts';
import { isLoopbackHost } from '../core/public-url.ts';
import {
  type DescribedItem,
  describePrompt,
  describeResource,
  describeTemplate,
  describeTool,
  type ServerDescription,
} from '../mcp/describe/description.ts';
import { UsageError } from './usage.ts';

/**
 * What a running server tells: its public metadata, and with a token what the caller is listed. Scopes of tools are known where the
 * server has an OpenAPI document (`<url>/openapi.json`). Throws UsageError rather than send a token in clear.
 */
export async function describeUrl(text: string, token: string): Promise<ServerDescription> {
  const url = new URL(text);
  if (token !== '' && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new UsageError(`MCP_TOKEN is not sent over plain http: ${url.href} must be https.`);
  }
  const { name, scopes } = await metadataOf(url);
  const known = {
    key: url.pathname.replace(/\/mcp$/, '') || '/',
    url: url.href,
    scopes: new Map(scopes.map((scope) => [scope, { words: undefined, implies: [] }])),
    firstSignIn: undefined,
  };
  if (token === '') {
    return { ...known, title: name ?? url.href, version: undefined, instructions: undefined, items: [], uris: [] };
  }
  await using client = await connect(url, { auth: bearerToken(token), stepUp: false });
  const { tools, prompts, resources } = client.sdk.getServerCapabilities() ?? {};
  const needed = await scopesOfTools(url, token);
  const items: DescribedItem[] = [
    ...(tools ? await client.listTools() : []).map((tool) => describeTool(tool, needed.get(tool.name))),
    ...(prompts ? await client.listPrompts() : []).map((prompt) => describePrompt(prompt, undefined)),
    ...(resources ? await client.listResources() : []).map((resource) => describeResource(resource, undefined)),
    ...(resources ? await client.listResourceTemplates() : []).map((each) => describeTemplate(each, undefined)),
  ];
  const { server, instructions } = client;
  return {
    ...known,
    title: name ?? server?.title ?? server?.name ?? url.href,
    version: server?.version,
    instructions,
    items,
    uris: [],
  };
}

/** RFC 9728; nothing where the server publishes none, or says there that it is another resource. */
async function metadataOf(url: URL) {
  const metadata = await discoverOAuthProtectedResourceMetadata(url).catch(() => undefined);
  if (metadata?.resource !== url.href) return { name: undefined, scopes: [] };
  return { name: metadata.resource_name, scopes: metadata.scopes_supported ?? [] };
}

/** The scopes by tool, of `POST /tools/<name>` in the server's OpenAPI document; nothing where it has none. */
async function scopesOfTools(url: URL, token: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await fetch(`${url.href}/openapi.json`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok || !answer.headers.get('content-type')?.startsWith('application/json')) return new Map();
  const { paths = {} } = (await answer.json()) as ToolPaths;
  return new Map(
    Object.entries(paths).flatMap(([path, { post }]): [string, readonly string[]][] => {
      const name = /^\/tools\/(.+)$/.exec(path)?.[1];
      const [scopes] = Object.values(post?.security?.[0] ?? {});
      return name === undefined || scopes === undefined ? [] : [[name, scopes]];
    }),
  );
}

/** The part of the OpenAPI document of a mount that is read here. */
interface ToolPaths {
  readonly paths?: Readonly<
    Record<string, { readonly post?: { readonly security?: readonly Readonly<Record<string, readonly string[]>>[] } }>
  >;
}
