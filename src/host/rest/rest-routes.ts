import type { Tool } from '@modelcontextprotocol/server';
import type { RequestHandler } from 'express';
import { internalError } from '../../mcp/failure.ts';
import { closeAfter, type GatedCall, gatedRoute, sendLimited } from '../gated-route.ts';
import { readJson } from '../read-json.ts';
import { askEndpoint, type RestAnswer } from './ask-endpoint.ts';
import { describeMount } from './describe-mount.ts';
import { OPERATIONS, type RestOperation, toolOperation } from './messages.ts';
import { PROBLEMS, sendProblem } from './problem.ts';
import type { RestParts } from './rest-parts.ts';
import { tryPage } from './try-page.ts';

/** Finds the handler of what follows the path of the MCP endpoint, byte for byte; undefined where there is none. */
export type RestRoutes = (suffix: string) => RequestHandler | undefined;

/** SEP-986, as a segment of the path. */
const TOOL = /^\/tools\/([A-Za-z0-9._-]{1,128})$/;

/**
 * The same mount in plain REST, below the path of its MCP endpoint. Each request becomes the message that an MCP client would
 * have sent, and is judged and served as that.
 */
export function restRoutes(parts: RestParts): RestRoutes {
  const gated = (suffix: string, method: 'GET' | 'POST', run: (call: GatedCall) => Promise<void>) =>
    gatedRoute(parts, PROBLEMS, parts.resource.uri + suffix, async (call) => {
      call.response.set('Cache-Control', 'no-store');
      if (call.request.method === method) return run(call);
      call.response.set('Allow', method);
      sendProblem(call.response, 405, { detail: `Use ${method}.` });
    });
  const operation = (suffix: string, described: RestOperation) =>
    gated(suffix, described.method, (call) => serve(call, suffix, described, parts));
  const page = tryPage(parts.resource, parts.branding);
  const fixed = new Map<string, RequestHandler>([
    ...[...OPERATIONS].map(([suffix, described]) => [suffix, operation(suffix, described)] as const),
    ['/openapi.json', gated('/openapi.json', 'GET', (call) => sendDescription(call, parts))],
    ['/try', page],
  ]);
  return (suffix) => {
    const name = TOOL.exec(suffix)?.[1];
    return fixed.get(suffix) ?? (name === undefined ? undefined : operation(suffix, toolOperation(name)));
  };
}

async function serve(call: GatedCall, suffix: string, described: RestOperation, parts: RestParts): Promise<void> {
  const { request, response } = call;
  const body = described.method === 'POST' ? await readJson(request, parts.bodyLimit) : { message: undefined };
  if ('refusal' in body) {
    closeAfter(request, response);
    return sendProblem(response, body.refusal.status, { detail: body.refusal.message });
  }
  const query = new URL(request.originalUrl, 'http://localhost').searchParams;
  const message = described.message({ query, body: body.message });
  if (typeof message === 'string') return sendProblem(response, 400, { detail: message });
  const answer = await askEndpoint(call, message, parts);
  if (suffix === '/health' && 'result' in answer) {
    response.json({ status: 'ok', server: parts.resource.name });
  } else if (described.empty !== undefined && 'code' in answer && answer.code === -32601) {
    response.json(described.empty);
  } else {
    sendAnswer(call, answer);
  }
}

/** A result is 200; a tool that says no is 422, with its words and whatever else it said; one that broke is 500. */
function sendAnswer({ request, response }: GatedCall, answer: RestAnswer): void {
  if ('wait' in answer) {
    sendLimited(request, response, PROBLEMS, answer.wait);
  } else if ('result' in answer) {
    const { _meta, isError, ...result } = answer.result;
    const detail = textOf(result.content);
    if (isError !== true) response.json(result);
    else if (detail.startsWith(internalError(response.locals.requestId))) sendProblem(response, 500, { detail });
    else sendProblem(response, 422, { detail, ...result });
  } else {
    if (answer.retryAfter !== undefined) response.set('Retry-After', answer.retryAfter);
    sendProblem(response, answer.status, { detail: answer.detail, code: answer.code });
  }
}

const textOf = (content: unknown): string =>
  (Array.isArray(content) ? content : []).flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n');

async function sendDescription(call: GatedCall, parts: RestParts): Promise<void> {
  const tools: Tool[] = [];
  let cursor: unknown;
  do {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await askEndpoint(call, { method: 'tools/list', params }, parts);
    if (!('result' in answer)) {
      if ('code' in answer && answer.code === -32601) break;
      return sendAnswer(call, answer);
    }
    tools.push(...(answer.result.tools as readonly Tool[]));
    cursor = answer.result.nextCursor;
  } while (cursor !== undefined);
  call.response.json(describeMount(call, tools, parts));
}
