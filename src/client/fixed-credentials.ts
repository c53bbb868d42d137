import type { Auth } from './credential.ts';

/** A token that you have, or a function that gets one: it is asked before each request. */
export function bearerToken(token: string | (() => string | Promise<string>)): Auth {
  return () => ({
    headers: async () => ({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }),
    renew: async ({ sent }) => typeof token !== 'string' && sent.authorization !== `Bearer ${await token()}`,
    signIn: undefined,
  });
}

/** An API key, in a header of its own. Keys of `mcp-gatehouse/providers/api-keys` go as bearer tokens. */
export function apiKey(key: string, header = 'X-API-Key'): Auth {
  return () => ({
    headers: async () => ({ [header.toLowerCase()]: key }),
    renew: async () => false,
    signIn: undefined,
  });
}

/** No credential at all: for servers that want none. */
export const anonymous: Auth = () => ({ headers: async () => ({}), renew: async () => false, signIn: undefined });
