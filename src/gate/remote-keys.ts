import { Unavailable } from '../core/errors.ts';
import { providerFetch } from '../core/provider-fetch.ts';
import { freshFor } from './cache-control.ts';
import { endpointOf, type IssuerDeps, issuerMetadata, REMOTE_LIMITS } from './issuer-metadata.ts';
import { keptDocument } from './kept-document.ts';
import { type KeySource, readKeySet } from './key-set.ts';
import { readRemoteJson } from './remote-json.ts';

/** Seconds that a key set is kept. */
const FRESH = { least: 60, most: 3600, otherwise: 600 };
/** Seconds between two fetches for keys that are not in the set, and after one that failed. */
const COOL_DOWN = 30;

/** Where the key set of an issuer is: at a URL, or where the issuer's metadata says. */
export interface RemoteKeysOptions {
  readonly issuer: string;
  readonly jwksUrl?: string | undefined;
  /** Told when the set has changed: what was verified with a key that is gone must be verified anew. */
  onChange?(): void;
}

/** The keys of one issuer, fetched when they are needed. */
export interface RemoteKeys {
  readonly keys: KeySource;
  /** Rejects with `Unavailable` while there are none. */
  ready(): Promise<void>;
}

/**
 * Keys that an issuer publishes (RFC 7517 §5): kept as long as its answer says, within 1 and 60 minutes; fetched once more
 * for a key id that is not there, at most every 30 s; used for `maxStale` longer while it does not answer.
 */
export function remoteKeys({ issuer, jwksUrl, onChange }: RemoteKeysOptions, deps: IssuerDeps): RemoteKeys {
  const fetch = providerFetch(deps.fetch, REMOTE_LIMITS);
  const metadata = issuerMetadata(issuer, deps);
  const accept = { accept: 'application/jwk-set+json, application/json' };
  let known: string | undefined;
  const kept = keptDocument({
    name: 'keys',
    ...deps,
    coolDown: COOL_DOWN,
    read: async () => {
      const url = jwksUrl ?? endpointOf(await metadata.current(), 'jwks_uri', deps);
      const { body, headers } = await readRemoteJson(await fetch(url, { headers: accept }));
      if (!Array.isArray(body.keys)) throw new Unavailable('answered_no_key_set');
      const set = readKeySet(body.keys, deps);
      if (set.usable === 0) throw new Unavailable('answered_no_usable_key');
      const text = JSON.stringify(body.keys);
      if (known !== undefined && known !== text) onChange?.();
      known = text;
      return { value: set, freshFor: freshFor(headers, FRESH) };
    },
  });
  return {
    async keys(hint) {
      const set = await kept.current();
      return (await set.source(hint)) ?? (await kept.newerThan(set))?.source(hint);
    },
    async ready() {
      await kept.current();
    },
  };
}
