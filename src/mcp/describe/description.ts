import type { Prompt, Resource, ResourceTemplateType, Tool } from '@modelcontextprotocol/server';
import type { Mountable } from '../mountable.ts';
import { type DescribedField, fieldsOf } from './fields.ts';

/** What people should know of one item. */
export interface DescribedItem {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'template';
  /** Of a resource its URI, of a template its text. */
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** All that it needs; undefined where that is not known. */
  readonly scopes: readonly string[] | undefined;
  readonly input: readonly DescribedField[];
  readonly output: readonly DescribedField[];
  /** What else it says of itself, such as `read-only`. */
  readonly facts: readonly string[];
}

/** URIs of a template that need something else than the template. */
export interface DescribedUris {
  readonly template: string;
  /** `*` stands for any characters. Of several that fit a URI, the first counts. */
  readonly uris: string;
  readonly scopes: readonly string[] | 'hidden';
}

/** A scope: what people are told when they consent, and what it includes; undefined where that is not known. */
export interface DescribedScope {
  readonly words: string | undefined;
  readonly implies: readonly string[] | undefined;
}

/** What people should know of one server. */
export interface ServerDescription {
  /** Where it is mounted, or its name: by this it is found again in an earlier description. */
  readonly key: string;
  readonly title: string;
  readonly version: string | undefined;
  readonly url: string | undefined;
  readonly instructions: string | undefined;
  readonly scopes: ReadonlyMap<string, DescribedScope>;
  /** What the first challenge asks for; undefined where that is not known. */
  readonly firstSignIn: readonly string[] | undefined;
  readonly items: readonly DescribedItem[];
  /** Those of each template in their order. */
  readonly uris: readonly DescribedUris[];
}

/** Describes all that a server offers at present. `place` is where it is mounted. */
export function describeServer(
  server: Mountable,
  place: { readonly key: string; readonly url?: string },
): ServerDescription {
  const { info, instructions, tools, prompts, resources, templates } = server.surface();
  return {
    key: place.key,
    title: server.title ?? server.name,
    version: info.version,
    url: place.url,
    instructions,
    scopes: new Map(
      [...server.catalogue()].map(([scope, { description, implies }]) => [scope, { words: description, implies }]),
    ),
    firstSignIn: server.defaultScopes(),
    items: [
      ...[...tools.values()].map(({ listing, scopes }) => describeTool(listing, scopes)),
      ...[...prompts.values()].map(({ listing, scopes }) => describePrompt(listing, scopes)),
      ...[...resources.values()].map(({ listing, scopes }) => describeResource(listing, scopes)),
      ...[...templates.values()].map(({ listing, scopes }) => describeTemplate(listing, scopes)),
    ],
    uris: [...templates].flatMap(([template, { uriRules = [] }]) =>
      uriRules.map(({ uris, scopes }) => ({ template, uris, scopes: scopes ?? 'hidden' })),
    ),
  };
}

type Scopes = readonly string[] | undefined;

/** Describes a tool by its listing. */
export const describeTool = (tool: Tool, scopes: Scopes): DescribedItem => ({
  ...common(tool, scopes),
  kind: 'tool',
  name: tool.name,
  input: fieldsOf(tool.inputSchema),
  output: fieldsOf(tool.outputSchema),
  facts: hintsOf(tool),
});

/** Describes a prompt by its listing. */
export const describePrompt = (prompt: Prompt, scopes: Scopes): DescribedItem => ({
  ...common(prompt, scopes),
  kind: 'prompt',
  name: prompt.name,
  input: (prompt.arguments ?? []).map(({ name, description = '', required = false }) => ({
    name,
    type: 'string',
    required,
    description,
  })),
  output: [],
  facts: [],
});

/** Describes a resource by its listing. */
export const describeResource = (resource: Resource, scopes: Scopes): DescribedItem => ({
  ...common(resource, scopes),
  kind: 'resource',
  name: resource.uri,
  input: [],
  output: [],
  facts: resource.mimeType === undefined ? [] : [resource.mimeType],
});

/** Describes a template by its listing. */
export const describeTemplate = (template: ResourceTemplateType, scopes: Scopes): DescribedItem => ({
  ...common(template, scopes),
  kind: 'template',
  name: template.uriTemplate,
  input: [],
  output: [],
  facts: template.mimeType === undefined ? [] : [template.mimeType],
});

interface Listed {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

const common = ({ title, description }: Listed, scopes: Scopes) => ({ title, description, scopes });

function hintsOf({ annotations = {} }: Tool): readonly string[] {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  return [
    ...(readOnlyHint === true ? ['read-only'] : []),
    ...(destructiveHint === true ? ['destructive'] : []),
    ...(idempotentHint === true ? ['idempotent'] : []),
    ...(openWorldHint === true ? ['reaches beyond its server'] : []),
  ];
}
