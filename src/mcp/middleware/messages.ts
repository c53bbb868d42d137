import { ProtocolError } from '@modelcontextprotocol/server';
import { GatehouseError } from '../../core/errors.ts';
import type { Route } from '../classify.ts';
import { type Call, type CallFacts, factsOf } from '../context.ts';
import { wishesOf } from '../listen.ts';
import { isOperation } from '../operations.ts';
import { accepted, requestIdOf, rpcError } from '../rpc-answer.ts';
import type { Surface } from '../surface.ts';
import { ToolError } from '../tool-error.ts';
import { frozenCopy, within } from './layers.ts';
import type { Message, MessageHook } from './middleware.ts';

/** Serves one message within the middleware that is about messages, and about requests that are no operation. */
export async function throughMiddleware(
  surface: Surface,
  route: Route,
  { signal }: Request,
  call: Call,
  serve: () => Promise<Response>,
): Promise<Response> {
  const { middleware } = surface;
  if (middleware === undefined) return serve();
  const facts = factsOf(call, signal);
  let answer: Promise<Response> | undefined;
  const serveOnce = async (): Promise<void> => {
    if (answer !== undefined) throw new TypeError('A middleware went on twice with a message: it is served once.');
    answer = serve();
    await answer;
  };
  const message = messageOf(route, facts);
  const hooks = [...middleware.message, ...(message.kind === 'notification' ? middleware.notification : [])];
  try {
    await hooked(hooks, message, () => requested(surface, route, facts, serveOnce));
    return (await answer) ?? unanswered(route);
  } catch (error) {
    await answer?.then(
      ({ body }) => body?.cancel(),
      () => undefined,
    );
    return refused(error, route, call);
  }
}

function messageOf({ method, params, request }: Route, context: CallFacts): Message {
  let copy: Message['params'] | undefined;
  return Object.freeze({
    kind: request !== undefined ? 'request' : method === '' ? 'response' : 'notification',
    method,
    get params() {
      copy ??= frozenCopy(params);
      return copy;
    },
    context,
  });
}

function hooked([hook, ...others]: readonly MessageHook[], message: Message, core: () => Promise<void>): Promise<void> {
  return hook === undefined ? core() : hook(message, () => hooked(others, message, core));
}

/** The hooks of requests that no operation stands for; operations have theirs where they run. */
async function requested(
  { middleware }: Surface,
  { method, params, request }: Route,
  context: CallFacts,
  serve: () => Promise<void>,
): Promise<void> {
  if (request === undefined || middleware === undefined || isOperation(method)) return serve();
  const none = {
    method,
    server: middleware.server,
    name: undefined,
    item: undefined,
    context,
  };
  const core = async (): Promise<undefined> => void (await serve());
  if (method === 'subscriptions/listen' || method === 'resources/subscribe')
    await within(middleware.layers.subscribe, { ...none, kind: 'subscribe' }, wishesOf(method, params), core);
  else await within(middleware.layers.protocol, { ...none, kind: 'protocol' }, undefined, core);
}

function unanswered({ request, method }: Route): Response {
  if (request === undefined) return accepted();
  throw new TypeError(`A middleware left ${method} without an answer: it must call next(), or throw.`);
}

/** What a refusal of a middleware looks like. One that has a place on the wire is the host's to give. */
function refused(error: unknown, { era, request }: Route, call: Call): Response {
  if (error instanceof GatehouseError) throw error;
  const id = requestIdOf(request);
  // Before 2026-07-28 a JSON-RPC error is no HTTP failure; a notification has no other way to fail.
  const status = era.era === 'legacy' && request !== undefined ? 200 : 400;
  if (error instanceof ToolError) return rpcError(status, { code: -32000, message: error.message }, id);
  if (error instanceof ProtocolError) {
    return rpcError(status, { code: error.code, message: error.message, data: error.data }, id);
  }
  call.log.error('middleware_failed', { error });
  return rpcError(500, { code: -32603, message: `Internal error. Request id: ${call.requestId}` }, id);
}
