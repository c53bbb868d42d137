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
import { needsOf } from '../mcp/listed-needs.ts';
import { UsageError } from './usage.ts';

/**
 * What a running server tells: its public metadata, and with a token what the caller is listed. The words of scopes, and what items
 * need, are known of servers that say so, as ours do. Throws UsageError rather than send a token in clear.
 */
export async function describeUrl(text: string, token: string): Promise<ServerDescription> {
  const url = new URL(text);
  if (token !== '' && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new UsageError(`MCP_TOKEN is not sent over plain http: ${url.href} must be https.`);
  }
  const { name, scopes, words } = await metadataOf(url);
  const known = {
    key: url.pathname.replace(/\/mcp$/, '') || '/',
    url: url.href,
    scopes: new Map(scopes.map((scope) => [scope, { words: words.get(scope), implies: [] }])),
    firstSignIn: undefined,
  };
  if (token === '') {
    return { ...known, title: name ?? url.href, version: undefined, instructions: undefined, items: [], uris: [] };
  }
  await using client = await connect(url, { auth: bearerToken(token), stepUp: false });
  const { tools, prompts, resources } = client.sdk.getServerCapabilities() ?? {};
  const items: DescribedItem[] = [
    ...(tools ? await client.listTools() : []).map((tool) => describeTool(tool, needsOf(tool))),
    ...(prompts ? await client.listPrompts() : []).map((prompt) => describePrompt(prompt, needsOf(prompt))),
    ...(resources ? await client.listResources() : []).map((resource) => describeResource(resource, needsOf(resource))),
    ...(resources ? await client.listResourceTemplates() : []).map((each) => describeTemplate(each, needsOf(each))),
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
  if (metadata?.resource !== url.href) return { name: undefined, scopes: [], words: new Map<string, string>() };
  const { resource_name: name, scopes_supported: scopes = [], scope_descriptions: told } = metadata;
  const words = Object.entries(typeof told === 'object' && told !== null ? told : {});
  return { name, scopes, words: new Map(words.filter((each) => typeof each[1] === 'string')) };
}
