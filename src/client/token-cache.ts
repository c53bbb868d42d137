import { sha256 } from '../core/secrets.ts';

/** Keeps what a sign-in brought, for the next start of the program. Values are secrets: see `fileCache`. */
export interface TokenCache {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A cache that ends with the program. */
export function memoryCache(): TokenCache {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
  };
}

/** One name for what a client holds at a resource. Nothing inside a part can make two of them share it. */
export const cacheKey = (resource: URL, client: string): string => sha256(JSON.stringify([resource.href, client]));
