import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { Clock } from '../core/clock.ts';
import { cacheKey, type TokenCache } from './token-cache.ts';

/** What a client holds at one resource: its registration, and the tokens of whoever signed in. */
export interface Held {
  readonly issuer: string;
  readonly client: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** Seconds since 1970. */
  readonly expiresAt?: number;
}

/** Seconds before its end in which a token is renewed, so that none expires on its way. */
const EARLY = 30;

/** Whether a token is to be renewed before it is used. Of a token that lives shortly, no more than a fifth is lost. */
export const isDue = (expiresAt: number | undefined, lifetime: number | undefined, now: number): boolean =>
  expiresAt !== undefined && now >= expiresAt - Math.min(EARLY, (lifetime ?? EARLY) / 5);

/** When tokens that were given at `now` expire; undefined where the server does not say. */
export const expiryOf = ({ expires_in: lifetime }: StoredOAuthTokens, now: number): number | undefined =>
  lifetime === undefined ? undefined : now + lifetime;

/** What is held, in a cache that other processes may share. */
export interface Holding {
  /** What was last read or kept here. */
  current(): Held | undefined;
  /** What the cache has: another process may have renewed it. */
  read(): Promise<Held | undefined>;
  keep(held: Held): Promise<void>;
  forget(): Promise<void>;
}

/** Whose tokens are held: `client` tells apart those who share a cache. */
export function holding(cache: TokenCache, resource: URL, client: string): Holding {
  const key = cacheKey(resource, client);
  let held: Held | undefined;
  return {
    current: () => held,
    async read() {
      const text = await cache.get(key);
      held = text === undefined ? undefined : JSON.parse(text);
      return held;
    },
    async keep(next) {
      held = next;
      await cache.set(key, JSON.stringify(next));
    },
    async forget() {
      held = undefined;
      await cache.delete(key);
    },
  };
}

/** What is held once tokens have come. A scope that the answer does not name is the one that was asked for (RFC 6749 §5.1). */
export function heldAfter(
  { issuer, client }: Pick<Held, 'issuer' | 'client'>,
  tokens: StoredOAuthTokens,
  { clock, asked }: { readonly clock: Clock; readonly asked: string | undefined },
): Held {
  const expiresAt = expiryOf(tokens, clock());
  const scope = tokens.scope ?? asked;
  return {
    issuer,
    client,
    tokens: { ...tokens, ...(scope !== undefined && { scope }) },
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
