import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Verifier } from './verifier.ts';

/** What a provider's verifier is handed: nothing global is reached for. */
export interface ProviderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
}

/** Clients talk to the identity provider itself; we publish its issuer and check its tokens. */
export interface DirectProvider {
  readonly kind: 'direct';
  readonly name: string;
  readonly issuer: URL;
  verifier(deps: ProviderDeps): Verifier;
}

/** API keys and static tokens: no authorization server is advertised. */
export interface KeysProvider {
  readonly kind: 'keys';
  readonly name: string;
  verifier(deps: ProviderDeps): Verifier;
}

/** Our own authorization server with accounts that live in our store. */
export interface LocalProvider {
  readonly kind: 'local';
  readonly name: string;
}

/** What an identity provider brings. */
export type Provider = DirectProvider | KeysProvider | LocalProvider;
