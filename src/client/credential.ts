import { extractWWWAuthenticateParams, InsufficientScopeError, UnauthorizedError } from '@modelcontextprotocol/client';
import type { Clock } from '../core/clock.ts';

/** Why a server did not let a request in. Everything in it but `sent` is the server's own word. */
export interface Refusal {
  /** 401: who calls is not known. 403 `insufficient_scope`: they may not. */
  readonly kind: 'unauthorized' | 'scope';
  readonly scope: string | undefined;
  readonly resourceMetadataUrl: URL | undefined;
  readonly description: string | undefined;
  /** The headers that the request was sent with: a credential that has newer ones by now need not be renewed. */
  readonly sent: Readonly<Record<string, string>>;
}

/** What a client proves itself with at one server. */
export interface Credential {
  /** For the next request; none where nobody has signed in yet. What is about to expire is renewed first. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Gets a better credential without asking anybody. False where there is none: sending again would not help. */
  renew(refusal: Refusal): Promise<boolean>;
  /** Asks a person. False where they have been asked for these scopes before and did not grant them. */
  readonly signIn: ((refusal: Refusal) => Promise<boolean>) | undefined;
}

/** What is told of the steps of a sign-in, for people to read. Never a secret, token or code. */
export type AuthEvent =
  | {
      readonly step: 'found';
      readonly issuer: string;
      readonly tokenEndpoint: string;
      /** The metadata documents that said so, in the order they were read. */
      readonly documents: readonly string[];
    }
  | { readonly step: 'granted'; readonly scope: string | undefined; readonly expiresIn: number | undefined }
  | { readonly step: 'refused'; readonly scope: string | undefined };

/** The server that a credential is for, and what it may use. */
export interface AuthContext {
  /** The URL of the MCP server: nothing is ever sent to another. */
  readonly resource: URL;
  /** For requests to the authorization server. */
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  tell(event: AuthEvent): void;
}

/** A way to prove oneself: a fresh credential for each server, so that none is sent where it does not belong. */
export type Auth = (context: AuthContext) => Credential;

/** Beside the errors, not in them: a refusal has the credential that was sent, and errors are printed. */
const refusals = new WeakMap<Error, Refusal>();

/** A server answered 401 and no credential at hand was better. */
export class SignInNeeded extends UnauthorizedError {
  constructor(refusal: Refusal) {
    super(`The server did not accept the caller: ${refusal.description ?? '401 Unauthorized'}`);
    refusals.set(this, refusal);
  }
}

/** The refusal that an answer is; undefined for any other answer (RFC 6750 §3). */
export function readRefusal(response: Response, sent: Readonly<Record<string, string>>): Refusal | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const { scope, resourceMetadataUrl, error, errorDescription } = extractWWWAuthenticateParams(response);
  if (response.status === 403 && error !== 'insufficient_scope') return undefined;
  const kind = response.status === 401 ? 'unauthorized' : 'scope';
  return { kind, scope, resourceMetadataUrl, description: errorDescription, sent };
}

/** The SDK's error for a 403, with all that is known of it. */
class ScopeNeeded extends InsufficientScopeError {
  override readonly name = 'InsufficientScopeError';

  constructor(refusal: Refusal) {
    const { scope, resourceMetadataUrl, description } = refusal;
    super({
      ...(scope !== undefined && { requiredScope: scope }),
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(description !== undefined && { errorDescription: description }),
    });
    refusals.set(this, refusal);
  }
}

/** The error that a refusal ends a request with, where nothing could be done about it. */
export const refusalError = (refusal: Refusal): SignInNeeded | InsufficientScopeError =>
  refusal.kind === 'unauthorized' ? new SignInNeeded(refusal) : new ScopeNeeded(refusal);

/** The refusal that an error stands for; undefined for any other error. */
export const refusalOf = (error: unknown): Refusal | undefined =>
  error instanceof Error ? refusals.get(error) : undefined;
