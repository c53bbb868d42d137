import { computeScopeUnion } from '@modelcontextprotocol/client';
import { singleFlight } from '../core/single-flight.ts';
import type { Auth, AuthContext, Credential, Refusal } from './credential.ts';
import { discover, type Found } from './discover.ts';
import { type Holding, heldAfter, holding, isDue } from './held-tokens.ts';
import { oauthFetch } from './oauth-fetch.ts';
import { refresh } from './refresh.ts';
import { signInAs } from './sign-in-as.ts';
import type { BrowserSignInOptions } from './sign-in-options.ts';
import { memoryCache } from './token-cache.ts';

/**
 * A person signs in through the browser of this machine. Tokens are renewed before they expire; more scope is asked for
 * when a call needs it. `connect` rejects with SignInFailed where it comes to nothing.
 */
export const browserSignIn =
  (options: BrowserSignInOptions = {}): Auth =>
  (context) =>
    signInCredential(options, context);

function signInCredential(options: BrowserSignInOptions, context: AuthContext): Credential {
  const { resource, clock } = context;
  const {
    cache = memoryCache(),
    client,
    clientName = 'mcp-gatehouse',
    clientMetadataUrl,
    allowTokensForWiderResource,
  } = options;
  const kept = holding(cache, resource, client?.id ?? clientMetadataUrl ?? clientName);
  const fetch = oauthFetch(context.fetch, resource);
  /** All that people have answered here: nobody is asked twice for a scope that they did not grant. */
  let asked: string | undefined;
  let found: Found | undefined;
  let loading: Promise<unknown> | undefined;
  const renewing = singleFlight(async () => {
    found ??= await discover(resource, { fetch, allowTokensForWiderResource });
    const renewed = await refresh({ holding: kept, found, fetch, clock });
    if (!renewed) found = undefined;
    return renewed;
  });
  /** Whether there is another token by now than the one that was refused. */
  const isOutdated = ({ sent }: Refusal): boolean => {
    const { authorization } = bearerOf(kept);
    return authorization !== undefined && authorization !== sent.authorization;
  };
  let refusal: Refusal | undefined;
  const signingIn = singleFlight(async () => {
    const why = refusal;
    // Whom the resource trusts may have changed since the last time.
    found = await discover(resource, {
      fetch,
      allowTokensForWiderResource,
      resourceMetadataUrl: why?.resourceMetadataUrl,
    });
    const { authorizationServerMetadata: metadata, issuer, documents } = found;
    context.tell({ step: 'found', issuer, tokenEndpoint: metadata.token_endpoint, documents });
    const held = kept.current();
    const first = why?.kind === 'scope' ? [options.scope, why.scope] : [options.scope ?? why?.scope];
    const scope = computeScopeUnion(held?.tokens?.scope, ...first);
    const signedIn = await signInAs(found, scope, { options, context, fetch, clientName, kept }).finally(() => {
      asked = computeScopeUnion(asked, scope);
    });
    const next = heldAfter({ issuer, client: signedIn.client }, signedIn.tokens, { clock, asked: scope });
    await kept.keep(next);
    context.tell({ step: 'granted', scope: next.tokens?.scope, expiresIn: next.tokens?.expires_in });
    return true;
  });

  return {
    async headers() {
      loading ??= kept.read();
      await loading;
      const { tokens, expiresAt } = kept.current() ?? {};
      if (tokens?.refresh_token !== undefined && isDue(expiresAt, tokens.expires_in, clock())) {
        // While the old token is good, a server that cannot renew it now is no reason to stop.
        await renewing().catch((error: unknown) => {
          if (expiresAt === undefined || expiresAt <= clock()) throw error;
        });
      }
      return bearerOf(kept);
    },
    async renew(why) {
      if (isOutdated(why)) return true;
      // A refresh cannot widen a grant (RFC 6749 §6).
      return why.kind === 'unauthorized' && bearerOf(kept).authorization !== undefined && renewing();
    },
    async signIn(why) {
      if (isOutdated(why)) return true;
      if (why.kind === 'scope' && computeScopeUnion(asked, why.scope) === asked) return false;
      refusal = why;
      return signingIn();
    },
  };
}

const bearerOf = (kept: Holding): { readonly authorization?: string } => {
  const token = kept.current()?.tokens?.access_token;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
};
