import { systemClock } from '../../core/clock.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import { defineServer, type ServerDefinition } from '../define-server.ts';
import { apiClient } from './api-client.ts';
import { fetchDocument, type OpenApiDocument, readDocument } from './document.ts';
import { type DocumentedOperation, listOperations } from './list-operations.ts';
import { listOf, member, membersOf, textOf } from './members.ts';
import { operationNames, plain } from './operation-name.ts';
import { operationScopes } from './operation-scopes.ts';
import { type FromOpenApiOptions, passedOn } from './options.ts';
import { allowedHeaders } from './parameters.ts';
import { pathIndex } from './path-index.ts';
import { referencesOf } from './references.ts';
import { readBaseUrl } from './request-url.ts';
import { routeRules } from './route-rules.ts';
import { type Left, serveOperations } from './serve-operations.ts';

export {
  type ApiCredentials,
  type ClientCredentialsOptions,
  type CredentialsFor,
  clientCredentials,
  fixedHeaders,
  upstreamToken,
} from './credentials.ts';
export type { HttpMethod, Operation } from './list-operations.ts';
export type { FromOpenApiOptions } from './options.ts';
export type { RouteKind, RouteRule } from './route-rules.ts';
export type { MapScope } from './security-scopes.ts';

/**
 * An HTTP API as a server: the operations of its OpenAPI 3.0 or 3.1 document as tools and resources, behind scopes. The document
 * is given, or its text in JSON or YAML, or a URL that it is fetched from once. Throws TypeError with every operation that cannot
 * be served, and Unavailable where the URL does not answer.
 */
export function fromOpenApi(document: URL, options?: FromOpenApiOptions): Promise<ServerDefinition>;
export function fromOpenApi(document: string | object, options?: FromOpenApiOptions): ServerDefinition;
export function fromOpenApi(
  given: URL | string | object,
  options: FromOpenApiOptions = {},
): ServerDefinition | Promise<ServerDefinition> {
  if (!(given instanceof URL)) return serve(readDocument(given), options, undefined);
  return fetchDocument(given, options.fetch ?? globalThis.fetch).then((document) => serve(document, options, given));
}

function serve(document: OpenApiDocument, options: FromOpenApiOptions, source: URL | undefined): ServerDefinition {
  const { fetch = globalThis.fetch, clock = systemClock, timeoutMs, maxBytes, maxConcurrent = 32 } = options;
  const { name = plain(document.title), title = document.title, version = document.version } = options;
  const references = referencesOf(document.root);
  const kindOf = routeRules(options.routes ?? []);
  const operations = listOperations(document, references).filter((operation) => kindOf(operation) !== 'exclude');
  const scopes = operationScopes(document, references, options, title);
  const { maxPerCaller = Math.ceil(maxConcurrent / 4) } = options;
  const limits = { ...(timeoutMs !== undefined && { timeoutMs }), ...(maxBytes !== undefined && { maxBytes }) };
  const bounded = providerFetch(fetch, { ...limits, maxConcurrent });
  // Calls under way leave room for the requests that they need.
  const credentials = options.credentials?.({ fetch: providerFetch(fetch, limits), clock });
  const server = defineServer({ ...passedOn(options), name, title, version, scopes: scopes.declared });
  const left = serveOperations(operations, {
    server,
    scopes,
    kindOf,
    nameOf: operationNames(options.nameOf ?? (() => undefined)),
    parts: {
      document,
      references,
      base: baseOf(document, options, source),
      callApi: apiClient({ fetch: bounded, credentials, maxConcurrent, maxPerCaller }),
      paths: pathIndex(Object.keys(membersOf(document.root.paths) ?? {})),
      maySlash: options.slashes ?? (() => false),
      headers: allowedHeaders(options.headers ?? []),
      described: options.output ?? true,
    },
  });
  tellLeftOut(left, operations, options, name);
  for (const rule of scopes.unused()) process.emitWarning(`${rule} fits no operation.`, 'GatehouseWarning');
  return server;
}

/** What a document says of itself is believed only of the origin that it comes from. */
function baseOf({ root }: OpenApiDocument, options: FromOpenApiOptions, source: URL | undefined): URL {
  const { baseUrl, dangerouslyAllowPlainHttp = false } = options;
  if (baseUrl !== undefined) return readBaseUrl(baseUrl, 'baseUrl', dangerouslyAllowPlainHttp);
  const [first] = listOf(root.servers);
  const declared = textOf(member(first, 'url')) ?? '/';
  const url = source !== undefined && URL.canParse(declared, source.href) ? new URL(declared, source) : undefined;
  if (url === undefined || url.origin !== source?.origin || declared.includes('{')) {
    throw new TypeError(`Say where the API is: baseUrl. The document names ${JSON.stringify(declared)}.`);
  }
  return readBaseUrl(url, 'The first server of the document', dangerouslyAllowPlainHttp);
}

/** How many operations an error names. */
const MOST_NAMED = 20;

function tellLeftOut(
  left: readonly Left[],
  operations: readonly DocumentedOperation[],
  { onLeftOut }: FromOpenApiOptions,
  name: string,
): void {
  if (onLeftOut !== undefined) for (const { operation, reason } of left) onLeftOut(operation, reason);
  const faults = onLeftOut === undefined ? left.filter(({ fault }) => fault) : [];
  const told = faults.length > 0 ? faults : left.length === operations.length ? left : [];
  if (told.length === 0 && operations.length > 0) return;
  const lines = told.slice(0, MOST_NAMED).map(({ label, reason }) => `\n- ${label}: ${reason}`);
  const more = told.length > MOST_NAMED ? `\n- and ${told.length - MOST_NAMED} more` : '';
  throw new TypeError(
    faults.length > 0
      ? `${name}: these operations cannot be served. Exclude them by a rule in routes, or take note of them in onLeftOut:${lines.join('')}${more}`
      : `${name}: no operation is left to be served.${lines.join('')}${more}`,
  );
}
