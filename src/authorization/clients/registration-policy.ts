import type { FetchRules } from '../../core/safe-fetch.ts';
import { defaultRedirectUriPolicy, type RedirectUriPolicy } from './redirect-uri.ts';

/** What clients may say about themselves, at registration and in metadata documents alike. */
export interface RegistrationPolicy {
  readonly redirects: RedirectUriPolicy;
  /** How many redirect URIs a client may have. */
  readonly maxRedirectUris: number;
  /** Whether keys may be named by `jwks_uri`. Whoever leaves it on fetches them through `SafeFetch`. */
  readonly jwksUri: boolean;
  /** Hosts that `jwks_uri` may name. */
  readonly fetchRules: FetchRules;
}

/** Redirects as in `defaultRedirectUriPolicy`, at most 20 of them; keys by value or by `jwks_uri`. */
export const defaultRegistrationPolicy: RegistrationPolicy = {
  redirects: defaultRedirectUriPolicy,
  maxRedirectUris: 20,
  jwksUri: true,
  fetchRules: {},
};

/** Where metadata comes from: a request made to this server, or a document published for every server. */
export type MetadataOrigin = 'registration' | 'document';
