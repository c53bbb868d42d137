import { Unavailable } from '../core/errors.ts';
import { providerFetch } from '../core/provider-fetch.ts';
import { mayAsk } from '../core/server-url.ts';
import { freshFor } from './cache-control.ts';
import type { JsonObject } from './compact-jws.ts';
import { type KeptDocument, keptDocument } from './kept-document.ts';
import type { ProviderDeps } from './provider.ts';
import { type RemoteJson, readRemoteJson } from './remote-json.ts';

/** What is handed in to whoever asks an issuer's server. Of the limits only the stale time is a setting. */
export type IssuerDeps = Pick<ProviderDeps, 'clock' | 'log' | 'fetch' | 'production' | 'maxStale'>;

/** Seconds that a metadata document is kept. */
const FRESH = { least: 300, most: 3600, otherwise: 3600 };
/** What one exchange may cost. */
export const REMOTE_LIMITS = { timeoutMs: 5000, maxBytes: 262_144 };

/**
 * Where an issuer's metadata may be (RFC 8414 §3.1, §5; OpenID Connect Discovery §4): the well-known name in front of the
 * issuer's path, in both spellings, and behind it.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
}

/** The metadata document of an issuer, which must name exactly that issuer (RFC 8414 §3.3). */
export function issuerMetadata(issuer: string, deps: IssuerDeps): KeptDocument<JsonObject> {
  const fetch = providerFetch(deps.fetch, REMOTE_LIMITS);
  return keptDocument({
    name: 'issuer_metadata',
    ...deps,
    coolDown: 10,
    read: async () => {
      const { body, headers } = await discover(issuer, fetch);
      return { value: body, freshFor: freshFor(headers, FRESH) };
    },
  });
}

/** The first document that is the issuer's own. What stood in the way of the last one is the fault that is told. */
async function discover(issuer: string, fetch: typeof globalThis.fetch): Promise<RemoteJson> {
  let fault: unknown;
  for (const url of metadataUrls(issuer)) {
    try {
      const answer = await readRemoteJson(await fetch(url, { headers: { accept: 'application/json' } }));
      if (answer.body.issuer === issuer) return answer;
      throw new Unavailable('metadata_of_another_issuer');
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // Not there under this name: the answer of the others says more.
      if (fault === undefined || error.reason !== 'answered_404') fault = error;
    }
  }
  throw fault;
}

/** A URL that a metadata document names, if it may be asked. Throws `Unavailable` where there is none. */
export function endpointOf(metadata: JsonObject, member: string, deps: Pick<IssuerDeps, 'production'>): string {
  const url = metadata[member];
  if (!mayAsk(url, deps)) throw new Unavailable(`metadata_without_${member}`);
  return url;
}
