import { ConfigError } from '../core/errors.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Account } from './accounts/account.ts';
import { type Accounts, accounts as accountsOf } from './accounts/accounts.ts';
import { askingNetwork } from './asking-network.ts';
import { type ClientRecords, clientRecords } from './client-records.ts';
import { metadataDocumentSource } from './clients/metadata-document-source.ts';
import { checkIssuers, endingUntrusted, type TrustedIssuer } from './enterprise/trusted-issuers.ts';
import { type Epochs, epochsOf } from './epochs.ts';
import { type ConsentMemory, consentMemory } from './interactions/consent-memory.ts';
import { defaultLifetimes, type Lifetimes } from './lifetimes.ts';
import { type Machines, machines as machinesOf } from './machines.ts';
import type { AuthorizationOptions } from './options.ts';
import { BARE_ACCESS } from './resource-servers.ts';
import { type Revocations, revocations as revocationsOf } from './revocations.ts';
import { revokingAccounts } from './revoking-accounts.ts';
import { type StatelessClients, statelessClients } from './stateless-clients.ts';
import { type SingleUse, singleUse } from './tokens/single-use.ts';
import { type Identities, identities as identitiesOf, withIdentities } from './upstream/identities.ts';
import { defaultRecheck } from './upstream/recheck-people.ts';
import {
  identityLife,
  type UpstreamSignIn,
  type UpstreamSignInParts,
  upstreamSignIn,
} from './upstream/upstream-sign-in.ts';

/** What the endpoints share. */
export interface ServerParts {
  readonly byUri: ReadonlyMap<string, ProtectedResource>;
  readonly revocations: Revocations;
  readonly accounts: Accounts;
  /** The account of a subject who is about to be given more. Rejects with Unavailable where that cannot be told. */
  accountNow(subject: string): Promise<Account | undefined>;
  readonly machines: Machines;
  readonly clients: ClientRecords;
  readonly stateless: StatelessClients | undefined;
  readonly memory: ConsentMemory;
  readonly epochs: Epochs;
  readonly singleUse: SingleUse;
  /** Where people sign in, if not here. */
  readonly upstream: UpstreamSignIn | undefined;
  /** The people whom identity providers tell of. */
  readonly identities: Identities;
  /** The identity providers whose ID-JAGs are taken. */
  readonly trusted: readonly TrustedIssuer[];
}

/** Scopes that mean something to the authorization server itself. A mount that had one could never be consented to. */
const RESERVED = ['openid', BARE_ACCESS];

function refuseReservedScopes(resources: readonly ProtectedResource[]): void {
  const faults = resources.flatMap(({ uri, scopes }) =>
    RESERVED.filter((scope) => scopes.has(scope)).map(
      (scope) => `Resource ${uri}: the scope "${scope}" belongs to the authorization server; give it another name.`,
    ),
  );
  if (faults.length > 0) throw new ConfigError(faults);
}

/** Builds them over the store that was handed in. Rejects with ConfigError where a mount or a provider cannot be served. */
export async function serverParts(options: AuthorizationOptions): Promise<ServerParts> {
  const { store, clock, log, fetch, metadataDocuments: policy, lifetimes = defaultLifetimes } = options;
  const epochs = epochsOf(options);
  const stateless = statelessOf(options, lifetimes);
  refuseReservedScopes(options.resources);
  const byUri = new Map(options.resources.map((resource) => [resource.uri, resource]));
  const { enterprise: trusted = [], upstreams = [] } = options;
  checkIssuers(
    trusted,
    upstreams.map(({ name }) => name),
  );
  const revocations = endingUntrusted(revocationsOf({ store, clock, lifetimes }), trusted);
  const providers = [...upstreams, ...trusted.map(({ provider }) => provider)];
  const identities = identitiesOf({ store, clock, providers, life: identityLife(lifetimes) });
  const { recheck = defaultRecheck } = options;
  const upstream = await upstreamOf(options, { lifetimes, revocations, identities, recheck });
  const ours = options.ownAccounts === true || upstreams.length === 0;
  const accounts = withIdentities(revokingAccounts(accountsOf({ store, clock }), revocations), identities, ours);
  const machines = machinesOf({ store, clock, revocations });
  const { documentedClients = true } = options;
  const source = metadataDocumentSource({ fetch, clock, log, askingNetwork, ...(policy && { policy }) });
  const documented = documentedClients ? source.find : async () => undefined;
  return {
    byUri,
    revocations,
    accounts,
    async accountNow(subject) {
      await upstream?.recheck(subject);
      return accounts.find(subject);
    },
    machines,
    clients: clientRecords({
      store,
      clock,
      lifetimes,
      machines,
      revocations,
      documented,
      ...(stateless && { stateless }),
    }),
    stateless,
    memory: consentMemory({ store, accounts, resources: byUri, mode: options.consent }),
    epochs,
    singleUse: singleUse({ store, clock, grace: lifetimes.refreshGrace, epochs }),
    upstream,
    identities,
    trusted,
  };
}

async function upstreamOf(
  { upstreams: providers = [], upstreamFetch: fetch, store, clock, log }: AuthorizationOptions,
  shared: Pick<UpstreamSignInParts, 'lifetimes' | 'revocations' | 'identities' | 'recheck'>,
): Promise<UpstreamSignIn | undefined> {
  if (providers.length === 0) return undefined;
  if (fetch === undefined) throw new TypeError('upstreams needs upstreamFetch: the way to the identity providers.');
  return upstreamSignIn({ providers, store, clock, log, fetch, ...shared });
}

function statelessOf(
  { clientIdKeys: keys, publicUrl, clock, registrationMode }: AuthorizationOptions,
  { registrationStateless: lifetime }: Lifetimes,
): StatelessClients | undefined {
  if (keys !== undefined) return statelessClients({ keys, issuer: publishedUrl(publicUrl), clock, lifetime });
  if (registrationMode !== 'stateless') return undefined;
  throw new TypeError('registrationMode stateless needs clientIdKeys: the keys that client ids are sealed with.');
}
