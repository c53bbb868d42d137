import { type ServerCapabilities, type ServerOptions, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import { cacheHints } from './cache-hints.ts';
import type { ListName } from './changes.ts';
import { MODERN_REVISION } from './classify.ts';
import type { Surface } from './surface.ts';

/** What the SDK is told, by what a client can do. */
export interface OptionsOf {
  /** Where each message stands for itself. */
  readonly alone: ServerOptions;
  /** Where a client can say which words it wants to be told while a call runs, and listen to changes. */
  readonly talking: ServerOptions;
}

/** The options of a surface at any time: made anew when its items have changed. */
export function liveOptions(surface: Surface): () => OptionsOf {
  let made: (OptionsOf & { readonly revision: number }) | undefined;
  return () => {
    const revision = surface.revision();
    if (made?.revision !== revision) {
      const alone = serverOptions(surface);
      made = { revision, alone, talking: withChanges(withLogging(alone), surface) };
    }
    return made;
  };
}

/** What the SDK is told about a surface: capabilities that are really there, and cache hints. */
function serverOptions(surface: Surface): ServerOptions {
  return {
    capabilities: capabilitiesOf(surface),
    supportedProtocolVersions: [MODERN_REVISION, ...SUPPORTED_PROTOCOL_VERSIONS],
    cacheHints: cacheHints(surface),
    ...(surface.instructions !== undefined && { instructions: surface.instructions }),
  };
}

/** The same where clients can listen to changes: those that somebody tells of are promised. */
function withChanges(options: ServerOptions, surface: Surface): ServerOptions {
  const { tools, prompts, resources, ...others } = options.capabilities ?? {};
  const listed = (list: ListName) => surface.listChanged.includes(list) && { listChanged: true };
  const subscribe = [...surface.resources.values(), ...surface.templates.values()].some((item) => item.subscribe);
  const capabilities = {
    ...others,
    ...(tools && { tools: { ...tools, ...listed('tools') } }),
    ...(prompts && { prompts: { ...prompts, ...listed('prompts') } }),
    ...(resources && { resources: { ...resources, ...listed('resources'), ...(subscribe && { subscribe }) } }),
  };
  return { ...options, capabilities };
}

/** The same where a client can say which words it wants to be told while a call runs. */
const withLogging = (options: ServerOptions): ServerOptions => ({
  ...options,
  capabilities: { ...options.capabilities, logging: {} },
});

/** What is there, and lists that say of themselves that they change: those may be empty at present. */
function capabilitiesOf({ tools, prompts, resources, templates, listChanged }: Surface): ServerCapabilities {
  const completes = [...prompts.values(), ...templates.values()].some(({ completers }) => completers.size > 0);
  return {
    ...((tools.size > 0 || listChanged.includes('tools')) && { tools: {} }),
    ...((prompts.size > 0 || listChanged.includes('prompts')) && { prompts: {} }),
    ...((resources.size + templates.size > 0 || listChanged.includes('resources')) && { resources: {} }),
    ...(completes && { completions: {} }),
  };
}
