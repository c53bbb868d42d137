import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { EnterpriseProvider } from './enterprise-provider.ts';
import type { TenantAdvice } from './provider-finding.ts';
import type { TokenExchangeRules } from './token-exchange.ts';
import type { TokenShape } from './token-shape.ts';
import type { UpstreamProvider } from './upstream-provider.ts';
import type { Verifier } from './verifier.ts';

/** What a provider's verifier is handed: nothing global is reached for. */
export interface ProviderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  /** The published URL of the host, no trailing slash. */
  readonly publicUrl: string;
  /** Whether nothing may be asked without TLS, this machine included. */
  readonly production: boolean;
  /** Seconds that keys and metadata of a provider are used beyond their time while it does not answer (JWKS_MAX_STALE). */
  readonly maxStale: number;
}

/** The part of the host's store that records of keys need. Lifetimes in seconds. */
export interface KeyRecords {
  get(name: string): Promise<string | undefined>;
  put(name: string, value: string, ttl: number): Promise<void>;
  delete(name: string): Promise<void>;
}

/** What the verifier of keys that we keep is handed as well. */
export interface StoredKeysDeps extends ProviderDeps {
  readonly records: KeyRecords;
  /** Whether whatever an account was given at a time (seconds since 1970) is ended: the account is gone, or was revoked. */
  isEnded(account: string, givenAt: number): Promise<boolean>;
}

interface TakesTokens {
  readonly name: string;
  /** What its tokens look like. Needed where a host has several providers; one alone is shown every token. */
  readonly tokens?: readonly TokenShape[];
}

/** Clients talk to the identity provider itself; we publish its issuer and check its tokens. */
export interface DirectProvider extends TakesTokens {
  readonly kind: 'direct';
  /** As the provider's own metadata spells it, trailing slash included: clients compare it as text (RFC 8414 §3.3). */
  readonly issuer: string;
  /**
   * The mounts that it is for, such as `/notes`, where a server there is for one audience. Default: all. Clients of others
   * are not sent to it, and its tokens are refused there.
   */
  readonly mounts?: readonly string[];
  /** What to change there where it does not suit MCP clients. */
  readonly advice?: TenantAdvice;
  /** How tools get tokens for an API behind us in exchange for the caller's. Default: not at all. */
  readonly exchange?: TokenExchangeRules;
  verifier(deps: ProviderDeps): Verifier;
}

/** Tokens without OAuth, such as JWTs signed by a key of yours: no authorization server is advertised. */
export interface KeysProvider extends TakesTokens {
  readonly kind: 'keys';
  verifier(deps: ProviderDeps): Verifier;
}

/** The same for keys that are records of the host's own store. */
export interface StoredKeysProvider extends TakesTokens {
  readonly kind: 'stored_keys';
  verifier(deps: StoredKeysDeps): Verifier;
}

/** Our own authorization server with accounts that live in our store. */
export interface LocalProvider {
  readonly kind: 'local';
  readonly name: string;
}

/** What an identity provider brings. */
export type Provider =
  | DirectProvider
  | KeysProvider
  | StoredKeysProvider
  | LocalProvider
  | UpstreamProvider
  | EnterpriseProvider;
