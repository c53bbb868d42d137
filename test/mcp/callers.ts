import { GatehouseError, InsufficientScope } from '../../src/core/errors.ts';
import { type Log, silentLog } from '../../src/core/log.ts';
import type { Principal } from '../../src/core/principal.ts';
import { expandScopes } from '../../src/core/scope.ts';
import type { UpstreamToken } from '../../src/core/upstream-token.ts';
import { createEndpoint, type Endpoint } from '../../src/mcp/endpoint.ts';
import { httpFacts } from '../../src/mcp/http-facts.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';
import { ToolError } from '../../src/mcp/tool-error.ts';

/** A user of the tests' issuer who holds `scopes`. */
export const user = (subject: string, ...scopes: string[]): Principal => ({
  subject,
  clientId: 'test-client',
  scopes: new Set(scopes),
  issuer: 'https://as.test',
  resource: 'https://rs.test/a/mcp',
  expiresAt: 4_000_000_000,
  kind: 'user',
  claims: {},
});

/** A message of either era with the headers that belong to it. */
export interface Sent {
  readonly httpMethod?: string | undefined;
  readonly message: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const TYPES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const NAMED: Record<string, string> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

/** The envelope of a request of 2026-07-28. */
export const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
};

/** A request of 2026-07-28. */
export function modern(
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Sent {
  const meta = { ...ENVELOPE, ...(params._meta as object | undefined) };
  const name = params[NAMED[method] ?? ''];
  return {
    message: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } },
    headers: {
      ...TYPES,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' && /^[\x20-\x7e]*$/.test(name) && { 'mcp-name': name }),
      ...headers,
    },
  };
}

/** A request of 2025-11-25. */
export const legacy = (
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Sent => ({
  message: { jsonrpc: '2.0', id: 1, method, params },
  headers: { ...TYPES, 'mcp-protocol-version': '2025-11-25', ...headers },
});

/** The web request that carries `sent`. */
export const requestOf = ({ headers, httpMethod: method = 'POST' }: Sent, signal?: AbortSignal): Request =>
  new Request('https://rs.test/a/mcp', { method, headers, ...(signal && { signal }) });

/** Who calls, and where the log goes. */
export interface Caller {
  readonly principal?: Principal;
  readonly requestId?: string;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** What a step-up could bring; everything by default. */
  readonly reaches?: (required: readonly string[]) => boolean;
  /** Where they signed in; nowhere else by default. */
  readonly upstream?: () => Promise<UpstreamToken>;
}

/** A caller who signed in nowhere else. */
export const noUpstream = {
  upstream: async (): Promise<never> => {
    throw new ToolError('There is no identity provider.');
  },
  refuse: () => undefined,
};

/** What the host says where a call is refused. */
function refusal(fault: unknown): Response {
  if (!(fault instanceof GatehouseError)) throw fault;
  const scope = fault instanceof InsufficientScope ? { scope: fault.scopes.join(' ') } : {};
  return Response.json({ error: fault.code, ...scope }, { status: fault.status });
}

/** Plays the host: inspects, asks whether the scopes are held, serves. A missing scope is a 403 that names all. */
export async function exchange(
  definition: Mountable,
  endpoint: Endpoint,
  sent: Sent,
  { principal = user('alice'), requestId = 'r-1', log = silentLog, signal, ...more }: Caller = {},
): Promise<Response> {
  const request = requestOf(sent, signal);
  const inspection = endpoint.inspect(request, sent.message);
  if (inspection.kind === 'refused') return inspection.response;
  const held = expandScopes(principal.scopes, definition.catalogue());
  const allows = (required: readonly string[]) => required.every((scope) => held.has(scope));
  if (!allows(inspection.scopes)) {
    return refusal(new InsufficientScope(inspection.scopes));
  }
  const faults: GatehouseError[] = [];
  const { reaches = () => true, upstream = noUpstream.upstream } = more;
  const call = { principal, requestId, log, http: httpFacts(request), allows, reach: async () => reaches };
  const refuse = (fault: GatehouseError) => void faults.push(fault);
  const answer = await inspection.serve({ ...call, upstream, refuse }).catch(refusal);
  const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return faults.length === 0 || streams ? answer : refusal(faults[0]);
}

/** Serves `definition` to callers of the tests. */
export function serving(definition: Mountable) {
  const endpoint = createEndpoint(definition, { log: silentLog });
  return {
    endpoint,
    raw: (sent: Sent, caller?: Caller) => exchange(definition, endpoint, sent, caller),
    async ask(sent: Sent, caller?: Caller) {
      const response = await exchange(definition, endpoint, sent, caller);
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

/** A log that keeps its lines. */
export function keptLog(): Log & { readonly lines: readonly { event: string; fields: Record<string, unknown> }[] } {
  const lines: { event: string; fields: Record<string, unknown> }[] = [];
  const keep = (event: string, fields = {}) => void lines.push({ event, fields });
  const log = { debug: keep, info: keep, warn: keep, error: keep, with: () => log, lines };
  return log;
}
