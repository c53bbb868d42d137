import { OAuthError, OAuthErrorCode, refreshAuthorization } from '@modelcontextprotocol/client';
import type { Clock } from '../core/clock.ts';
import type { Found } from './discover.ts';
import { type Held, type Holding, heldAfter } from './held-tokens.ts';

/** What a refresh needs. */
export interface RefreshParts {
  readonly holding: Holding;
  readonly found: Found;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/**
 * RFC 6749 §6. False where a person has to sign in again: there is no refresh token, it has ended, or the server has
 * forgotten the client. Rejects where the server could not say, and leaves everything as it was.
 */
export async function refresh({ holding, found, fetch, clock }: RefreshParts): Promise<boolean> {
  const held = holding.current();
  const refreshToken = held?.tokens?.refresh_token;
  if (held === undefined || refreshToken === undefined) return false;
  // Without word from the resource itself, another issuer is a guess.
  if (held.issuer !== found.issuer) return found.resource !== undefined && endAll(holding);
  try {
    const tokens = await refreshAuthorization(found.authorizationServerUrl, {
      metadata: found.authorizationServerMetadata,
      clientInformation: held.client,
      refreshToken,
      fetchFn: fetch,
      ...(found.resource !== undefined && { resource: found.resource }),
    });
    await holding.keep(heldAfter(held, tokens, { clock, asked: held.tokens?.scope }));
    return true;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    if (await renewedElsewhere(holding, held)) return true;
    if (error.code === OAuthErrorCode.InvalidGrant) return endTokens(holding, held);
    if (error.code === OAuthErrorCode.InvalidClient || error.code === OAuthErrorCode.UnauthorizedClient) {
      return endAll(holding);
    }
    throw error;
  }
}

/** A refresh token rotates: whoever comes second finds the successor in the cache that both share. */
async function renewedElsewhere(holding: Holding, held: Held): Promise<boolean> {
  const newer = await holding.read();
  return newer?.tokens !== undefined && newer.tokens.access_token !== held.tokens?.access_token;
}

async function endTokens(holding: Holding, { issuer, client }: Held): Promise<false> {
  await holding.keep({ issuer, client });
  return false;
}

async function endAll(holding: Holding): Promise<false> {
  await holding.forget();
  return false;
}
