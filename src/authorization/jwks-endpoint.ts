import type { Endpoint } from './json-endpoint.ts';
import type { SigningKeySet } from './known-signing-keys.ts';
import { publicKeys } from './signing-keys.ts';

/** How long others may keep the published keys, in seconds. A new key is published for longer before it signs. */
const MAX_AGE = 300;

/** `/jwks`: the public half of the key that signs, of the next one, and of those whose tokens are still about (RFC 7517 §5). */
export const jwksEndpoint =
  (keys: SigningKeySet): Endpoint =>
  async (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${MAX_AGE}`);
    ctx.body = publicKeys(keys.published());
    ctx.type = 'application/jwk-set+json; charset=utf-8';
  };
