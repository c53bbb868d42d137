import type { GatehouseError } from '../core/errors.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { permitted } from '../gate/decide.ts';
import type { Call, Inspection } from '../mcp/endpoint.ts';

/** What is known of the caller, and what they are given on the way. */
export type DecidedCall = Omit<Call, 'allows' | 'refuse'>;

/**
 * Serves a message whose caller may have it: that has been decided. Throws what a handler refuses the whole call with, while that
 * can be said; once a stream has begun it is told in the protocol's own words.
 */
export async function serveDecided(
  { serve }: Pick<Exclude<Inspection, { readonly kind: 'refused' }>, 'serve'>,
  call: DecidedCall,
  resource: Pick<ProtectedResource, 'scopes'>,
): Promise<Response> {
  let fault: GatehouseError | undefined;
  const answer = await serve({
    ...call,
    allows: (required) => permitted(call.principal, required, resource),
    refuse: (error) => {
      fault ??= error;
    },
  });
  if (fault !== undefined && !isStream(answer)) throw fault;
  return answer;
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false;
