import type { Client, Prompt, Resource, ResourceTemplateType, Tool } from '@modelcontextprotocol/client';

/** All that a server lists. */
export interface Listing {
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplateType[];
}

/** Reads every page of every list that the server says it has, within `timeout` milliseconds each. */
export async function readLists(client: Client, timeout: number): Promise<Listing> {
  const { tools, prompts, resources } = client.getServerCapabilities() ?? {};
  const options = { timeout, cacheMode: 'refresh' } as const;
  const [toolList, promptList, resourceList, templateList] = await Promise.all([
    tools && client.listTools(undefined, options),
    prompts && client.listPrompts(undefined, options),
    resources && client.listResources(undefined, options),
    resources && client.listResourceTemplates(undefined, options).catch(noTemplates),
  ]);
  return {
    tools: toolList?.tools ?? [],
    prompts: promptList?.prompts ?? [],
    resources: resourceList?.resources ?? [],
    templates: templateList?.resourceTemplates ?? [],
  };
}

const METHOD_NOT_FOUND = -32601;

/** Servers with resources need not have templates, and many do not know the method. */
function noTemplates(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === METHOD_NOT_FOUND) return undefined;
  throw error;
}
