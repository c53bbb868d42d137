import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import type { RequestLimits } from '../authorization/request-limits.ts';
import { createAuthorizationServer } from '../authorization/server.ts';
import type { Announcements } from '../core/announcements.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Proofs } from '../gate/dpop/proofs.ts';
import type { Provider } from '../gate/provider.ts';
import { remoteKeys } from '../gate/remote-keys.ts';
import { verifierByShape } from '../gate/token-shape.ts';
import type { Verifier } from '../gate/verifier.ts';
import { hasServerState } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import { accountEndings } from './account-endings.ts';
import { authorizationOptions } from './authorization-options.ts';
import { clockWatch } from './clock-watch.ts';
import { proofsOver } from './proofs-over.ts';
import { checkProvider } from './provider-checks.ts';
import { type ProviderParts, providerDeps } from './provider-deps.ts';
import { watchProvider } from './provider-watch.ts';
import { issuesHere, tokensOf } from './read-providers.ts';
import { type ServedMounts, servedMounts } from './served-mounts.ts';
import { openServedState, openWord, type Vault } from './state.ts';

/** Whose tokens are taken, and by whom they are issued. */
export interface Trust {
  readonly verifier: Verifier;
  /** How callers prove the keys that their tokens are bound to, where such tokens are taken. */
  readonly proofs: Proofs | undefined;
  /** The issuers that clients of a resource are sent to; none where tokens come by another way. */
  issuersFor(resource: string): readonly string[];
  /** Our own authorization server, where the provider needs one. */
  readonly authorization: AuthorizationServer | undefined;
  /** Word between the nodes of this deployment. */
  readonly announcements: Announcements;
  /** Calls `listener` soon, and within a second, after a token of ours may have been ended on any node. */
  whenEnded(listener: () => void): () => void;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** What trust is built from. */
export interface TrustParts extends ProviderParts {
  readonly providers: readonly Provider[];
  readonly store: Store | undefined;
  readonly limits: RequestLimits;
}

/** Builds it from the providers: opens the state where one keeps some, and starts our authorization server where one takes it. */
export async function establishTrust(parts: TrustParts, resources: readonly ProtectedResource[]): Promise<Trust> {
  const { config, clock, log } = parts;
  // Those that vouch for people issue no tokens that a mount is shown.
  const providers = parts.providers.filter(({ kind }) => kind !== 'enterprise');
  const mounts = servedMounts(providers, config.publicUrl, resources);
  const issues = providers.some(issuesHere);
  const kept = issues || config.dpop !== 'off' || providers.some(({ kind }) => kind === 'stored_keys');
  const opening = { clock, log, ...(parts.store && { store: parts.store }) };
  const state = kept ? await openServedState(config, opening) : undefined;
  const carrier = state?.store ?? (await openWord(config, opening));
  const checkClock = state && clockCheckOf(state.backend, parts);
  try {
    const proofs = state && (await proofsOver(state, config));
    const authorization = state && issues ? await serverOver(state, { ...parts, proofs }, resources) : undefined;
    const verifiers = providers.map((provider) => verifierOf(provider, parts, mounts, state?.store, authorization));
    const direct = providers.filter((provider) => provider.kind === 'direct');
    const watches = direct.map((provider) =>
      watchProvider({
        check: (signal) => checkProvider(provider, { ...parts, fetch: endedBy(signal, parts.fetch) }),
        log: log.with({ provider: provider.name }),
      }),
    );
    return {
      proofs,
      verifier: together(providers, verifiers, publishedUrl(config.publicUrl)),
      issuersFor: (resource) => [
        ...(authorization ? [authorization.issuer] : []),
        ...direct.filter((provider) => mounts.serves(provider, resource)).map(({ issuer }) => issuer),
      ],
      authorization,
      announcements: carrier.announcements,
      whenEnded: authorization?.whenEnded ?? (() => () => undefined),
      ready: async () => {
        await authorization?.ready();
        await checkClock?.();
        await oneReady(verifiers);
      },
      close: async () => {
        for (const watch of watches) watch.stop();
        await authorization?.close();
        await carrier.close();
      },
    };
  } catch (error) {
    await carrier.close();
    throw error;
  }
}

const endedBy =
  (ending: AbortSignal, fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) =>
    fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([ending, init.signal]) : ending });

/** A store in this process or on this machine has no clock but ours. */
const clockCheckOf = (backend: Store, { clock, log }: TrustParts): (() => Promise<void>) | undefined =>
  hasServerState(backend) ? clockWatch({ time: backend.time, clock, log }) : undefined;

function serverOver(
  { store, backend, ring, clock }: Vault,
  trust: TrustParts & Pick<Trust, 'proofs'>,
  resources: readonly ProtectedResource[],
): Promise<AuthorizationServer> {
  const { config, log, limits, providers, fetch: upstreamFetch, proofs } = trust;
  const upstreams = providers.filter((provider) => provider.kind === 'upstream');
  const enterprise = providers
    .filter((provider) => provider.kind === 'enterprise')
    .map((provider) => ({ provider, keys: remoteKeys(provider, providerDeps(provider, trust)).keys }));
  const parts = {
    ...{ store, clock, log, resources, limits, clientIdKeys: ring, upstreams, upstreamFetch, enterprise },
    ownAccounts: providers.some(({ kind }) => kind === 'local'),
    ...(proofs && { proofs }),
  };
  const options = authorizationOptions(config, parts);
  return createAuthorizationServer({ ...options, ...(hasServerState(backend) && { epoch: backend.epoch }) });
}

/** One provider that is out must not take the callers of the others away: only where all are, no call could be served. */
async function oneReady(verifiers: readonly Verifier[]): Promise<void> {
  try {
    await Promise.any(verifiers.map(async (verifier) => verifier.ready?.()));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function verifierOf(
  provider: Provider,
  parts: TrustParts,
  mounts: ServedMounts,
  store: Store | undefined,
  authorization: AuthorizationServer | undefined,
): Verifier {
  const { config, clock } = parts;
  const deps = providerDeps(provider, parts);
  if (provider.kind === 'direct') return mounts.limited(provider, provider.verifier(deps));
  if (provider.kind === 'keys') return provider.verifier(deps);
  if (issuesHere(provider) && authorization !== undefined) return authorization.verifier;
  if (provider.kind === 'stored_keys' && store !== undefined) {
    return provider.verifier({ ...deps, records: store, isEnded: accountEndings(store, config, clock) });
  }
  throw new TypeError(`The provider ${provider.name} is of a kind that is not known here.`);
}

/** One provider is shown every token; of several, the one whose tokens look so. */
function together(providers: readonly Provider[], verifiers: readonly Verifier[], ownIssuer: string): Verifier {
  const [only] = verifiers;
  if (verifiers.length === 1 && only !== undefined) return only;
  return verifierByShape(
    providers.flatMap((provider, index) => {
      const verifier = verifiers[index];
      return verifier === undefined ? [] : [{ name: provider.name, tokens: tokensOf(provider, ownIssuer), verifier }];
    }),
  );
}
