import {
  GatehouseError,
  InsufficientScope,
  InvalidRequest,
  InvalidToken,
  TooManyRequests,
  Unavailable,
} from '../core/errors.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { isScopeToken } from '../core/scope.ts';
import { InvalidDpopProof, UseDpopNonce } from './dpop/proof-faults.ts';
import { PROOF_ALGORITHMS } from './dpop/read-proof.ts';

/** The call carries no token: 401 with a challenge that names no error (RFC 6750 §3.1). */
export class NoCredentials extends GatehouseError {
  constructor() {
    super('no_credentials', 401, 'Sign in and send an access token.', 'no_credentials');
  }
}

/** The way in which a client is asked for its token. */
export type ChallengeScheme = 'Bearer' | 'DPoP';

/** RFC 6750 §3: error texts are %x20-21 / %x23-5B / %x5D-7E. */
const OUTSIDE_ERROR = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** RFC 9110 §5.6.4: quoted-string. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** What a challenge tells the client. */
export interface Challenge {
  /** Default `Bearer`; `DPoP` also tells the algorithms of proofs (RFC 9449 §7.1). */
  readonly scheme?: ChallengeScheme;
  readonly resourceMetadata: string;
  readonly scopes?: readonly string[];
  readonly error?: string;
  readonly errorDescription?: string;
}

/**
 * The value of `WWW-Authenticate`: exactly one challenge (RFC 6750 §3, RFC 9728 §5.1, RFC 9110 §11.6.1).
 * Whatever falls outside a parameter's grammar is left out, so that no text can add a parameter or a header.
 */
export function challenge(said: Challenge): string {
  const { scheme = 'Bearer', resourceMetadata, scopes = [], error, errorDescription } = said;
  const parameters = [
    ['resource_metadata', resourceMetadata.replace(/[^\x21-\x7e]/g, '')],
    ['scope', scopes.filter(isScopeToken).join(' ')],
    ['error', error?.replace(OUTSIDE_ERROR, '')],
    ['error_description', errorDescription?.replace(OUTSIDE_ERROR, '')],
    ['algs', scheme === 'DPoP' ? PROOF_ALGORITHMS.join(' ') : undefined],
  ] as const;
  return `${scheme} ${parameters.flatMap(([name, value]) => (value ? [`${name}=${quoted(value)}`] : [])).join(', ')}`;
}

/** A refusal as plain data, ready for any HTTP framework. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error?: string; readonly error_description: string };
}

/** Where a refusal is given. */
export interface RefusalContext {
  readonly resource: Pick<ProtectedResource, 'defaultScopes'>;
  /** URL of the resource's metadata document. */
  readonly metadataUrl: string;
  /** Default `Bearer`. */
  readonly scheme?: ChallengeScheme;
}

/**
 * Turns what stopped a call into the answer (RFC 6750 §3.1): no credentials, bad tokens and proofs 401, ambiguous ones 400,
 * missing scope 403, too many requests 429, our dependencies 503, anything else 500. Says the same words whatever was sent.
 */
export function refuse(error: unknown, context: RefusalContext): Refusal {
  const { defaultScopes } = context.resource;
  if (error instanceof NoCredentials) {
    const bare = challenge({ ...sayingWhere(context), scopes: defaultScopes });
    return { status: 401, headers: headers({ 'WWW-Authenticate': bare }), body: { error_description: error.message } };
  }
  if (error instanceof InvalidToken) return challenged(error, context, defaultScopes);
  if (error instanceof InvalidDpopProof) return challenged(error, context, defaultScopes);
  if (error instanceof UseDpopNonce) {
    const refusal = challenged(error, context, []);
    return { ...refusal, headers: { ...refusal.headers, 'DPoP-Nonce': error.nonce } };
  }
  if (error instanceof InvalidRequest) return challenged(error, context, []);
  if (error instanceof InsufficientScope) return challenged(error, context, error.scopes);
  if (error instanceof Unavailable || error instanceof TooManyRequests) {
    return { status: error.status, headers: headers({ 'Retry-After': seconds(error.retryAfter) }), body: words(error) };
  }
  const body = { error: 'server_error', error_description: 'The server met an unexpected condition.' };
  return { status: 500, headers: headers({}), body };
}

const sayingWhere = ({ metadataUrl, scheme = 'Bearer' }: RefusalContext) => ({ resourceMetadata: metadataUrl, scheme });

function challenged(error: GatehouseError, context: RefusalContext, scopes: readonly string[]): Refusal {
  const value = challenge({ ...sayingWhere(context), scopes, error: error.code, errorDescription: error.message });
  return { status: error.status, headers: headers({ 'WWW-Authenticate': value }), body: words(error) };
}

const words = (error: GatehouseError) => ({ error: error.code, error_description: error.message });

const headers = (more: Readonly<Record<string, string>>) => ({
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  ...more,
});

/** RFC 9110 §10.2.3: whole seconds. */
const seconds = (wait: number): string => String(Math.max(1, Math.ceil(wait)));
