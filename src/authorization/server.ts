import { publishedUrl } from '../core/public-url.ts';
import { CLOCK_SKEW } from '../gate/claims.ts';
import { jwtVerifier } from '../gate/jwt.ts';
import { announcementsOf } from '../store/shared-server.ts';
import { sharedFetch } from './asking-network.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { endings } from './endings.ts';
import { endpointRoutes, isEndpointPath } from './endpoint-routes.ts';
import { generationOf } from './generation.ts';
import { generations } from './generations.ts';
import { basePath } from './interactions/interaction-paths.ts';
import { knownCookieKeys } from './known-cookie-keys.ts';
import { knownSigningKeys } from './known-signing-keys.ts';
import { defaultLifetimes } from './lifetimes.ts';
import { operatorClients } from './operator-clients.ts';
import { operatorRevocations } from './operator-revocations.ts';
import type { AuthorizationOptions } from './options.ts';
import { metadataDocuments, type OfferedWays } from './server-metadata.ts';
import { type ServerParts, serverParts } from './server-parts.ts';
import { cookieKeyOverlap, signingKeyOverlap } from './signing-key-times.ts';
import { SIGNING_ALGORITHM } from './signing-keys.ts';

export { defaultLifetimes, type Lifetimes } from './lifetimes.ts';
export type { AuthorizationOptions } from './options.ts';

/** Starts the authorization server: makes its keys where there are none, and publishes everything from the options. */
export async function createAuthorizationServer(given: AuthorizationOptions): Promise<AuthorizationServer> {
  const options = { ...given, fetch: sharedFetch(given.fetch) };
  const { publicUrl, store, clock, log, resources, registrationMode = 'open' } = options;
  const issuer = publishedUrl(publicUrl);
  const parts = await serverParts(options);
  const { accounts, machines, revocations, epochs } = parts;
  await epochs.began();
  const { lifetimes = defaultLifetimes } = options;
  const overlap = signingKeyOverlap(lifetimes);
  const keysChanged = () => {
    verifier.clear();
    ended.tell();
  };
  const known = await knownSigningKeys({ store, clock, log, overlap, changed: keysChanged });
  const ended = endings({
    announcements: announcementsOf(store),
    changed: async () => {
      await known.current();
      return revocations.changed();
    },
  });
  const verifier = jwtVerifier({
    issuer,
    keys: known.source,
    algorithms: [SIGNING_ALGORITHM],
    types: ['at+jwt'],
    // Issued at another node: each may be that far from the clock that they share.
    issuerAhead: 2 * CLOCK_SKEW,
    isRevoked: revocations.isRevoked,
    clock,
    log,
  });
  const cookies = await knownCookieKeys({ store, clock, log, overlap: cookieKeyOverlap(lifetimes) });
  const build = await generations(known, (keys) => generationOf(options, parts, { keys, cookies: cookies.signer }));
  const generation = async () => (await Promise.all([build(), cookies.refresh()]))[0];
  const base = basePath(publicUrl);
  return {
    issuer,
    documents: metadataDocuments(issuer, resources, offeredWays(options, parts)),
    router: endpointRoutes({
      publicUrl,
      provider: { callback: () => async (request, response) => (await generation()).callback(request, response) },
      pages: async (request, response, next) => (await generation()).pages(request, response, next),
      registration: registrationMode,
    }),
    owns: (path) => path.startsWith(`${base}/`) && isEndpointPath(path.slice(base.length)),
    verifier: {
      async verify(token, resource, key) {
        // A token that is remembered must not outlive its key by more than the keys are old.
        await known.current();
        return verifier.verify(token, resource, key);
      },
    },
    accounts,
    ...(parts.upstream && { credentials: parts.upstream.credentials }),
    machines,
    clients: operatorClients(parts.clients),
    revocations: operatorRevocations({
      store,
      revocations,
      readOwnToken: async (token) => (await generation()).readOwnToken(token),
      ...(parts.upstream && { credentials: parts.upstream.credentials }),
    }),
    whenEnded: ended.watch,
    ready: async () => {
      await store.get('ready');
      // Noticed before anybody shows an assertion.
      await epochs.began();
    },
    close: async () => verifier.clear(),
  };
}

const offeredWays = (
  { registrationMode, documentedClients = true, proofs }: AuthorizationOptions,
  { trusted }: ServerParts,
): OfferedWays => ({
  registration: registrationMode !== 'off',
  documents: documentedClients,
  enterprise: trusted.length > 0,
  proofs: proofs !== undefined,
});
