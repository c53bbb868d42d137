import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import type { RequestLimits } from '../authorization/request-limits.ts';
import { createAuthorizationServer } from '../authorization/server.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Provider } from '../gate/provider.ts';
import type { Verifier } from '../gate/verifier.ts';
import type { Store } from '../store/store.ts';
import { authorizationOptions } from './authorization-options.ts';
import { openServedState } from './state.ts';

/** Whose tokens are taken, and by whom they are issued. */
export interface Trust {
  readonly verifier: Verifier;
  /** The issuers that clients are sent to; none where tokens come by another way. */
  readonly issuers: readonly string[];
  /** Our own authorization server, where the provider needs one. */
  readonly authorization: AuthorizationServer | undefined;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** What trust is built from. */
export interface TrustParts {
  readonly config: Config;
  readonly auth: Provider;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  readonly store: Store | undefined;
  readonly limits: RequestLimits;
}

/** Builds it from the provider: opens the state and starts our authorization server where it takes one. */
export async function establishTrust(parts: TrustParts, resources: readonly ProtectedResource[]): Promise<Trust> {
  const { auth, config, clock, log, fetch, limits } = parts;
  if (auth.kind !== 'local') {
    return {
      verifier: auth.verifier({ clock, log, fetch }),
      issuers: auth.kind === 'direct' ? [publishedUrl(auth.issuer)] : [],
      authorization: undefined,
      ready: async () => undefined,
      close: async () => undefined,
    };
  }
  const { store, ring } = await openServedState(config, { clock, log, ...(parts.store && { store: parts.store }) });
  const options = authorizationOptions(config, { store, clock, log, resources, limits, clientIdKeys: ring });
  const authorization = await createAuthorizationServer(options).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return {
    verifier: authorization.verifier,
    issuers: [authorization.issuer],
    authorization,
    ready: () => authorization.ready(),
    close: async () => {
      await authorization.close();
      await store.close();
    },
  };
}
