import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { GatehouseError, Unavailable } from '../../core/errors.ts';
import { BadUpstreamAnswer, type UpstreamQuirks } from '../../gate/upstream-provider.ts';

/** The provider's no. `code` is its OAuth error code; `ended`: the code or refresh token is good no more. */
export class ProviderRefused extends Error {
  override readonly name = 'ProviderRefused';
  readonly code: string;
  readonly ended: boolean;

  constructor(code: string, ended: boolean) {
    super(`The identity provider refused: ${code}`);
    this.code = code;
    this.ended = ended;
  }
}

/**
 * What went wrong between us and a provider, as one of three: its no, its outage (also where it refuses our own app, which
 * is the operator's to mend), or an answer that cannot be. The library's error is left behind: it carries tokens.
 */
export function exchangeFault(error: unknown, quirks: UpstreamQuirks): Error {
  if (error instanceof GatehouseError || error instanceof BadUpstreamAnswer) return error;
  if (error instanceof AuthorizationResponseError) return refused(error.error, quirks);
  if (error instanceof ResponseBodyError) {
    if (error.status >= 500 || error.status === 429) return new Unavailable(`provider_status_${error.status}`);
    const fault = refused(error.error, quirks);
    // RFC 6749 §5.2: 401 is about the client, whatever some call it.
    const ours = error.status === 401 && fault instanceof ProviderRefused && !fault.ended;
    return ours ? ourApp(fault.code) : fault;
  }
  if (error instanceof WWWAuthenticateChallengeError) return new Unavailable('provider_refused_our_app');
  if (error instanceof OperationProcessingError) {
    const { cause } = error;
    // An answer that is no OAuth answer at all: a proxy's page, an outage told with the wrong status.
    if (cause instanceof Response) return new Unavailable(`provider_status_${cause.status}`);
    return new BadUpstreamAnswer(error.code ?? 'unreadable');
  }
  return new BadUpstreamAnswer(error instanceof Error ? error.name : 'unreadable');
}

const OURS = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'incorrect_client_credentials',
]);
const PASSING = new Set(['server_error', 'temporarily_unavailable', 'slow_down']);

const ourApp = (code: string): Error => new Unavailable(`provider_refused_our_app_${code}`);

function refused(code: string, { endedErrors = [] }: UpstreamQuirks): Error {
  const told = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(code) ? code : 'unreadable_error';
  if (OURS.has(told)) return ourApp(told);
  if (PASSING.has(told)) return new Unavailable(`provider_${told}`);
  return new ProviderRefused(told, told === 'invalid_grant' || endedErrors.includes(told));
}
