import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import type { SafeFetch } from '../core/safe-fetch.ts';
import type { Proofs } from '../gate/dpop/proofs.ts';
import type { UpstreamProvider } from '../gate/upstream-provider.ts';
import type { Store } from '../store/store.ts';
import type { MetadataDocumentPolicy } from './clients/metadata-document.ts';
import type { RegistrationPolicy } from './clients/registration-policy.ts';
import type { TrustedIssuer } from './enterprise/trusted-issuers.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { Branding } from './pages/branding.ts';
import type { RequestLimits } from './request-limits.ts';
import type { ClientIdKeys } from './sealed-client-id.ts';
import type { RecheckRules } from './upstream/recheck-people.ts';

/**
 * How clients may register (RFC 7591): `open` keeps each in the store, `stateless` hands out ids that hold all there is to
 * know and keeps nothing, `off` lets nobody. Clients that registered in another mode stay.
 */
export type RegistrationMode = 'open' | 'stateless' | 'off';

/** Everything the authorization server is made from. Nothing public is derived from anything else. */
export interface AuthorizationOptions {
  /** The issuer is its href without a trailing slash. It may have a path. */
  readonly publicUrl: URL;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The mounts that tokens are for. */
  readonly resources: readonly ProtectedResource[];
  readonly branding: Branding;
  /** Whether a person sees the consent page each time, or is spared what they have allowed before. */
  readonly consent: 'always' | 'remember';
  /** The way out to URLs that clients name: metadata documents and key sets. It must know our own hosts. */
  readonly fetch: SafeFetch;
  /** Default: `defaultLifetimes`. */
  readonly lifetimes?: Lifetimes;
  /** Default: `defaultRegistrationPolicy`. */
  readonly registration?: RegistrationPolicy;
  /** How clients prove the keys that their tokens are bound to. Left out, tokens are bound to none. */
  readonly proofs?: Proofs;
  /** Default: none. */
  readonly limits?: RequestLimits;
  /** Default `open`. */
  readonly registrationMode?: RegistrationMode;
  /** What ids that hold their metadata are sealed with. Needed for `stateless`; without it such ids are unknown. */
  readonly clientIdKeys?: ClientIdKeys;
  /** Whether a client id may be the URL of a metadata document. Default true. */
  readonly documentedClients?: boolean;
  /** Identity providers that people sign in at; without any they sign in here. */
  readonly upstreams?: readonly UpstreamProvider[];
  /** Whether people may sign in with accounts of ours beside those. Default false. */
  readonly ownAccounts?: boolean;
  /** The way to those providers, which the operator has named. Needed with `upstreams`. */
  readonly upstreamFetch?: typeof globalThis.fetch;
  /** How often those providers are asked about people again. Default: `defaultRecheck`. */
  readonly recheck?: RecheckRules;
  /** Identity providers whose ID-JAGs are exchanged at `/token`. Default: none, and there is no such grant. */
  readonly enterprise?: readonly TrustedIssuer[];
  /** The epoch of the server that `store` is on (`ServerState`). Default: there is only one. */
  readonly epoch?: () => Promise<string>;
  /** Default: `defaultMetadataDocumentPolicy`. */
  readonly metadataDocuments?: MetadataDocumentPolicy;
}
