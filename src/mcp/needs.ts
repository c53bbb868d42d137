import { type Route, refuseMismatch } from './classify.ts';
import { refuseTooMany } from './listen.ts';
import { refuseLongUris } from './long-uris.ts';
import { checkParameterHeaders } from './parameter-headers.ts';
import { requiredScopes } from './required-scopes.ts';
import type { Surface, ToolLimit } from './surface.ts';

/** A tool with its limit. */
export interface LimitedTool extends ToolLimit {
  readonly tool: string;
}

/** What a message needs before it may be served. */
export interface Needs {
  readonly kind: 'needs';
  /** Every one of them; the caller must hold them all before it is served. */
  readonly scopes: readonly string[];
  /** Whether the answer may be a stream that has no end of its own. */
  readonly endless: boolean;
  /** The tool that a call uses, where it has a limit of its own. */
  readonly limited: LimitedTool | undefined;
}

/** What `route` needs; a Response where it is refused whoever sends it. */
export function needsOf(surface: Surface, route: Route, headers: Headers): Needs | Response {
  return (
    refuseTooMany(route) ??
    refuseLongUris(route) ??
    checkArguments(surface, route, headers) ?? {
      kind: 'needs',
      scopes: requiredScopes(surface, route.method, route.params),
      endless: route.method === 'subscriptions/listen',
      limited: limitedTool(surface, route),
    }
  );
}

/** What a message without a body needs: the stream of a session, or the session's end. */
export const needsOfBodiless = ({ method }: Request): Needs => ({
  kind: 'needs',
  scopes: [],
  endless: method === 'GET',
  limited: undefined,
});

function limitedTool({ tools }: Surface, { method, params, request }: Route): LimitedTool | undefined {
  if (method !== 'tools/call' || request === undefined || typeof params.name !== 'string') return undefined;
  const limit = tools.get(params.name)?.limit;
  return limit && { tool: params.name, ...limit };
}

/** 2026-07-28, custom headers: arguments that intermediaries may route by must say the same as the body. */
function checkArguments(surface: Surface, route: Route, headers: Headers): Response | undefined {
  const { era, method, params, request } = route;
  if (era.era !== 'modern' || method !== 'tools/call' || request === undefined || typeof params.name !== 'string')
    return undefined;
  const parameters = surface.tools.get(params.name)?.headers ?? [];
  const mismatch = checkParameterHeaders(parameters, params.arguments, headers);
  return mismatch && refuseMismatch(mismatch, route);
}
