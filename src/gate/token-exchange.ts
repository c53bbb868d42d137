import type { JWK } from 'jose';
import { ConfigError } from '../core/errors.ts';
import { readPrivateKey } from './client-authentication.ts';
import type { UpstreamClient } from './upstream-provider.ts';

/** How callers' tokens are exchanged at their own provider for tokens of an API behind us (RFC 8693). */
export interface TokenExchangeRules {
  /** Our app there: a confidential client that may exchange tokens. */
  readonly client: UpstreamClient;
  /** What tools then call, as the provider names it. */
  readonly audiences: readonly string[];
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
  /** What the callers' tokens are called there (RFC 8693 §3). */
  readonly subjectTokenType: string;
}

/** The same as it is given in code: a secret or a private key. */
export interface TokenExchangeOption {
  /** Of an app of yours at the provider that may exchange tokens. */
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Where the secret goes: a header or the body. */
  readonly clientAuth?: 'basic' | 'post';
  /** In place of a secret: a private JWK with `alg`. */
  readonly privateKey?: JWK & { readonly kid?: string };
  /** The API that tools call, as the provider names it. */
  readonly audience?: string | readonly string[];
  /** The same as a URL, for providers that want it so (RFC 8707). */
  readonly resource?: string | readonly string[];
  readonly scopes?: readonly string[];
  /** Default `urn:ietf:params:oauth:token-type:access_token`. */
  readonly subjectTokenType?: string;
}

/** Options of providers that exchange tokens. */
export interface TokenExchangeOptions {
  /** Gives tools a token for an API behind us (`context.upstream()`), in exchange for the caller's. Default: none. */
  readonly exchange?: TokenExchangeOption | undefined;
}

/** The grant of RFC 8693 §2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** What RFC 8693 §3 calls an access token. */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Reads the option of the provider called `name`. Throws ConfigError with every fault; none quotes a secret. */
export function tokenExchangeRules(name: string, option: TokenExchangeOption): TokenExchangeRules {
  const { clientId, clientSecret, clientAuth, privateKey, scopes = [], subjectTokenType = ACCESS_TOKEN } = option;
  const audiences = [option.audience ?? []].flat();
  const resources = [option.resource ?? []].flat();
  const faults = [
    ...(clientId === '' ? ['clientId must not be empty'] : []),
    ...((clientSecret === undefined) === (privateKey === undefined)
      ? ['exactly one of clientSecret and privateKey must be given']
      : []),
    ...(clientSecret === '' ? ['clientSecret must not be empty'] : []),
    ...(audiences.length + resources.length + scopes.length === 0
      ? ['audience, resource or scopes must say what the new tokens are for']
      : []),
    ...[...audiences, ...resources, ...scopes].filter((word) => word === '').map(() => 'no word may be empty'),
    ...keyFaults(privateKey),
  ];
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `auth: exchange of ${name}: ${fault}`));
  const client: UpstreamClient =
    privateKey === undefined
      ? { id: clientId, method: clientAuth ?? 'basic', secret: clientSecret ?? '' }
      : { id: clientId, method: 'private_key_jwt', key: privateKey };
  return { client, audiences, resources, scopes, subjectTokenType };
}

function keyFaults(key: TokenExchangeOption['privateKey']): readonly string[] {
  if (key === undefined) return [];
  try {
    readPrivateKey(JSON.stringify(key));
    return [];
  } catch (error) {
    return [`privateKey ${error instanceof Error ? error.message : String(error)}`];
  }
}
