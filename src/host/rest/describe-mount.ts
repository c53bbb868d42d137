import type { Tool } from '@modelcontextprotocol/server';
import type { GatedCall } from '../gated-route.ts';
import { asMcpRequest, rpcMessage } from './ask-endpoint.ts';
import { placedAt } from './local-references.ts';
import type { RestParts } from './rest-parts.ts';

/** A JSON object. */
type Json = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI 3.1 document of a mount, for one caller: the tools that they are listed, each an operation of its own with the
 * scopes that the gate asks for, and the requests that every mount has.
 */
export function describeMount(call: GatedCall, tools: readonly Tool[], parts: RestParts): Json {
  const { resource, issuers, endpoint } = parts;
  const exchange = asMcpRequest(call, resource.uri);
  const schemes = securitySchemes(issuers, [...resource.scopes.keys()]);
  const scopesOf = (name: string): readonly string[] => {
    const inspected = endpoint.inspect(exchange, rpcMessage({ method: 'tools/call', params: { name, arguments: {} } }));
    return inspected.kind === 'needs' ? inspected.scopes : [];
  };
  const secured = (scopes: readonly string[]) => Object.keys(schemes).map((scheme) => ({ [scheme]: scopes }));
  return {
    openapi: '3.1.0',
    info: { title: resource.name, version: endpoint.version },
    servers: [{ url: resource.uri }],
    security: secured([]),
    tags: [{ name: 'tools' }, { name: 'gatehouse', description: 'What every mount has.' }],
    paths: {
      ...Object.fromEntries(
        tools.map((tool) => [
          `/tools/${tool.name}`,
          { post: { ...toolOperation(tool), security: secured(scopesOf(tool.name)) } },
        ]),
      ),
      ...COMMON,
    },
    components: {
      securitySchemes: schemes,
      schemas: { ...Object.fromEntries(tools.flatMap(toolSchemas)), problem: PROBLEM },
      responses: {
        problem: { description: 'Refused', content: { 'application/problem+json': { schema: ref('problem') } } },
      },
    },
  };
}

function securitySchemes(issuers: readonly string[], scopes: readonly string[]): Readonly<Record<string, Json>> {
  const named = issuers.map((issuer, index) => [
    index === 0 ? 'oauth' : `oauth_${index + 1}`,
    {
      type: 'openIdConnect',
      openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      description: `Scopes: ${scopes.join(' ') || 'none'}`,
    },
  ]);
  return Object.fromEntries(issuers.length > 0 ? named : [['bearer', { type: 'http', scheme: 'bearer' }]]);
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function toolSchemas({ name, inputSchema, outputSchema }: Tool): [string, unknown][] {
  const placed = (key: string, schema: unknown): [string, unknown] => [key, placedAt(ref(key).$ref, schema)];
  return [
    placed(`${name}.input`, inputSchema),
    ...(outputSchema === undefined ? [] : [placed(`${name}.output`, outputSchema)]),
  ];
}

function toolOperation({ name, title, description, outputSchema }: Tool): Json {
  const result = {
    type: 'object',
    required: ['content', ...(outputSchema === undefined ? [] : ['structuredContent'])],
    properties: {
      content: { type: 'array', items: { type: 'object' } },
      structuredContent: outputSchema === undefined ? { type: 'object' } : ref(`${name}.output`),
    },
  };
  return {
    operationId: name,
    tags: ['tools'],
    ...(title !== undefined && { summary: title }),
    ...(description !== undefined && { description }),
    requestBody: { required: true, content: { 'application/json': { schema: ref(`${name}.input`) } } },
    responses: { 200: answer('The result', result), ...REFUSALS },
  };
}

const answer = (description: string, schema: Json) => ({ description, content: { 'application/json': { schema } } });

const REFUSALS = Object.fromEntries(
  [400, 401, 403, 404, 422, 429, 503].map((status) => [status, { $ref: '#/components/responses/problem' }]),
);

const PROBLEM = {
  type: 'object',
  required: ['title', 'status'],
  properties: { title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' } },
};

const common = (operationId: string, summary: string, more: Json = {}) => ({
  operationId,
  summary,
  tags: ['gatehouse'],
  ...more,
  responses: { 200: answer('The answer', { type: 'object' }), ...REFUSALS },
});

const NAMED_BODY = {
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, arguments: { type: 'object' } },
        },
      },
    },
  },
};
const CURSOR = { parameters: [{ name: 'cursor', in: 'query', schema: { type: 'string' } }] };
const URI = { parameters: [{ name: 'uri', in: 'query', required: true, schema: { type: 'string' } }] };

const COMMON = {
  '/health': { get: common('gatehouse_health', 'Whether the mount answers this caller') },
  '/tools': { get: common('gatehouse_tools', 'The tools', CURSOR) },
  '/call': { post: common('gatehouse_call', 'Calls a tool by name', NAMED_BODY) },
  '/resources': { get: common('gatehouse_resources', 'The resources', CURSOR) },
  '/resources/templates': { get: common('gatehouse_templates', 'The resource templates', CURSOR) },
  '/resources/read': { get: common('gatehouse_read', 'Reads a resource', URI) },
  '/prompts': { get: common('gatehouse_prompts', 'The prompts', CURSOR) },
  '/prompts/get': { post: common('gatehouse_prompt', 'Fills in a prompt', NAMED_BODY) },
};
