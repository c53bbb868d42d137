import { discoverOAuthProtectedResourceMetadata } from '@modelcontextprotocol/client';
import { connect } from '../client/connect.ts';
import { SignInNeeded } from '../client/credential.ts';
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
import { Failure, UsageError } from './usage.ts';

/**
 * What a running server tells: its public metadata, and with a token what the caller is listed. The words of scopes, and what items
 * need, are known of servers that say so, as ours do. Throws UsageError rather than send a token in clear, and Failure where
 * nothing is told.
 */
export async function describeUrl(text: string, token: string): Promise<ServerDescription> {
  if (!URL.canParse(text)) throw new UsageError(`${text} is no URL.`);
  const url = new URL(text);
  if (token !== '' && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new UsageError(`MCP_TOKEN is not sent over plain http: ${url.href} must be https.`);
  }
  const published = await metadataOf(url);
  if (token === '' && 'missing' in published) throw new Failure(published.missing);
  const { name, scopes, words } = 'missing' in published ? UNPUBLISHED : published;
  const known = {
    key: url.pathname.replace(/\/mcp$/, '') || '/',
    url: url.href,
    scopes: new Map(scopes.map((scope) => [scope, { words: words.get(scope), implies: undefined }])),
    firstSignIn: undefined,
  };
  if (token === '') {
    return { ...known, title: name ?? url.href, version: undefined, instructions: undefined, items: [], uris: [] };
  }
  const { server, instructions, items } = await listedAt(url, token).catch((error: unknown) => refuse(error, url));
  return {
    ...known,
    title: name ?? server?.title ?? server?.name ?? url.href,
    version: server?.version,
    instructions,
    items,
    uris: [],
  };
}

/** What the caller of a token is listed. */
async function listedAt(url: URL, token: string) {
  await using client = await connect(url, { auth: bearerToken(token), stepUp: false });
  const { tools, prompts, resources } = client.sdk.getServerCapabilities() ?? {};
  const items: DescribedItem[] = [
    ...(tools ? await client.listTools() : []).map((tool) => describeTool(tool, needsOf(tool))),
    ...(prompts ? await client.listPrompts() : []).map((prompt) => describePrompt(prompt, needsOf(prompt))),
    ...(resources ? await client.listResources() : []).map((resource) => describeResource(resource, needsOf(resource))),
    ...(resources ? await client.listResourceTemplates() : []).map((each) => describeTemplate(each, needsOf(each))),
  ];
  const { server, instructions } = client;
  return { server, instructions, items };
}

function refuse(error: unknown, { href }: URL): never {
  if (error instanceof SignInNeeded) {
    throw new Failure(`MCP_TOKEN was not accepted by ${href}: it may have ended, or be for another mount or server.`);
  }
  const [said = ''] = String(error instanceof Error ? error.message : error).split('\n');
  throw new Failure(`With MCP_TOKEN no lists came from ${href}: ${said.slice(0, 200)}`);
}

/** What a server publishes of itself, each scope with its words. */
interface Published {
  readonly name: string | undefined;
  readonly scopes: readonly string[];
  readonly words: ReadonlyMap<string, string>;
}

const UNPUBLISHED: Published = { name: undefined, scopes: [], words: new Map() };

/** RFC 9728; or why there is none of this URL. Throws Failure where nobody answers. */
async function metadataOf(url: URL): Promise<Published | { readonly missing: string }> {
  const metadata = await discoverOAuthProtectedResourceMetadata(url).catch((error: unknown) => {
    // What `fetch` throws where there is no answer at all.
    if (error instanceof TypeError) throw new Failure(`${url.href} cannot be reached: ${reasonOf(error)}`);
  });
  if (metadata?.resource !== url.href) {
    const other = metadata === undefined ? 'none that can be read' : `that of ${metadata.resource}`;
    return {
      missing: `Nothing is told of ${url.href}: of metadata (RFC 9728) there is ${other}. Give the URL of an MCP endpoint, such as https://mcp.example.com/notes/mcp.`,
    };
  }
  const { resource_name: name, scopes_supported: scopes = [], scope_descriptions: told } = metadata;
  const words = Object.entries(typeof told === 'object' && told !== null ? told : {});
  return { name, scopes, words: new Map(words.filter((each) => typeof each[1] === 'string')) };
}

const reasonOf = ({ cause, message }: TypeError): string =>
  cause instanceof Error ? String((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
