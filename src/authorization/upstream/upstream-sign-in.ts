import type { Clock } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import type { Identity, UpstreamDeps, UpstreamProvider, UpstreamTokens } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import type { Lifetimes } from '../lifetimes.ts';
import type { Revocations } from '../revocations.ts';
import { type UpstreamCredentials, upstreamCredentials } from './credentials.ts';
import type { Identities } from './identities.ts';
import { type AskedAgain, type RecheckRules, recheckPeople } from './recheck-people.ts';
import { type UpstreamExchange, upstreamExchange } from './upstream-exchange.ts';
import { type UpstreamRequests, upstreamRequests } from './upstream-requests.ts';

/** One identity provider, with all that signing in there takes. */
export interface Upstream extends UpstreamExchange, AskedAgain {
  readonly name: string;
  readonly title: string;
  readonly provider: UpstreamProvider;
  identify(tokens: UpstreamTokens): Promise<Identity>;
}

/** Signing in at identity providers. */
export interface UpstreamSignIn {
  /** By name, in the order in which people are offered them. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly requests: UpstreamRequests;
  readonly identities: Identities;
  readonly credentials: UpstreamCredentials;
  /** Asks about a person again where what is known of them is too old. Rejects with Unavailable. */
  recheck(subject: string): Promise<void>;
}

/** What it is built from. */
export interface UpstreamSignInParts {
  readonly providers: readonly UpstreamProvider[];
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  readonly lifetimes: Lifetimes;
  readonly revocations: Pick<Revocations, 'subject'>;
  readonly recheck: RecheckRules;
  /** Of these providers, among others. */
  readonly identities: Identities;
}

const DAY = 86_400;

/** Seconds that what is known of a person is kept: no shorter than anything that is given in a sign-in. */
export const identityLife = (lifetimes: Lifetimes): number =>
  Math.max(lifetimes.session, lifetimes.code + lifetimes.refreshAbsolute) + lifetimes.userAccess + DAY;

/** Builds it. Rejects with ConfigError for a provider that cannot work, and for two of one name. */
export async function upstreamSignIn(parts: UpstreamSignInParts): Promise<UpstreamSignIn> {
  const { providers, store, clock, log, lifetimes, revocations, identities } = parts;
  const upstreams = new Map<string, Upstream>();
  for (const provider of providers) {
    const { name, title } = provider;
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name) || upstreams.has(name)) {
      throw new ConfigError([`The identity provider ${JSON.stringify(name)} needs a name of its own: a-z, 0-9 and -.`]);
    }
    const fetch = providerFetch(parts.fetch);
    const exchange = await upstreamExchange({ provider, fetch, clock });
    const deps = { fetch, log: log.with({ provider: name }), userinfo: exchange.userinfo };
    upstreams.set(name, { ...exchange, name, title, provider, ...askingAbout(provider, deps) });
  }
  const life = identityLife(lifetimes);
  const credentials = upstreamCredentials({ store, clock, log, life, exchanges: upstreams, revocations });
  return {
    upstreams,
    requests: upstreamRequests(store),
    identities,
    credentials,
    recheck: recheckPeople({ ...parts.recheck, upstreams, identities, credentials, clock, log }),
  };
}

const askingAbout = (
  provider: UpstreamProvider,
  deps: UpstreamDeps,
): Pick<Upstream, 'identify'> & Pick<AskedAgain, 'recheck'> => ({
  identify: (tokens) => provider.identify(tokens, deps),
  ...(provider.recheck && {
    recheck: async (known, token) => provider.recheck?.({ ...token, answer: {} }, known, deps) ?? known,
  }),
});
