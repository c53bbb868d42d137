import { computeScopeUnion, type StoredOAuthClientInformation } from '@modelcontextprotocol/client';
import type { Auth, AuthContext, Credential, Refusal } from './credential.ts';
import { discover, type Found } from './discover.ts';
import { type Holding, heldAfter, holding, isDue } from './held-tokens.ts';
import { oauthFetch } from './oauth-fetch.ts';
import { openBrowser } from './open-browser.ts';
import { refresh } from './refresh.ts';
import { SignInFailed } from './sign-in-failed.ts';
import { knowsClient, signInOnce } from './sign-in-flow.ts';
import { singleFlight } from './single-flight.ts';
import { memoryCache, type TokenCache } from './token-cache.ts';

/** How people sign in. */
export interface BrowserSignInOptions {
  /** Asked for at the first sign-in, between spaces. Left out: what the server's challenge names. */
  readonly scope?: string;
  /** Shown on the consent page (default `mcp-gatehouse`). */
  readonly clientName?: string;
  /** A client that is registered already. Its secret goes to the issuer that is named with it and to no other. */
  readonly client?: { readonly id: string; readonly secret?: string; readonly issuer: string };
  /** The https URL of this client's metadata document, for servers that take one in place of a registration. */
  readonly clientMetadataUrl?: string;
  /** Where tokens are kept (default: in memory alone): `fileCache('…')`. */
  readonly cache?: TokenCache;
  /** Shows the page to the person. Left out, it is opened in the browser of this machine, or else written to stderr. */
  readonly present?: (page: URL) => void | Promise<void>;
  /** Seconds that a person may take (default 300). */
  readonly patience?: number;
}

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
  const { cache = memoryCache(), client, clientName = 'mcp-gatehouse', clientMetadataUrl } = options;
  const kept = holding(cache, resource, client?.id ?? clientMetadataUrl ?? clientName);
  const fetch = oauthFetch(context.fetch, resource);
  /** All that was ever asked for here: nobody is asked twice for a scope that they did not grant. */
  let asked: string | undefined;
  let found: Found | undefined;
  let loading: Promise<unknown> | undefined;
  const find = async (resourceMetadataUrl?: URL) => {
    found ??= await discover(resource, resourceMetadataUrl, fetch);
    return found;
  };
  const renewing = singleFlight(async () => refresh({ holding: kept, found: await find(), fetch, clock }));
  /** Whether there is another token by now than the one that was refused. */
  const isOutdated = ({ sent }: Refusal): boolean => {
    const { authorization } = bearerOf(kept);
    return authorization !== undefined && authorization !== sent.authorization;
  };
  let refusal: Refusal | undefined;
  const signingIn = singleFlight(async () => {
    const why = refusal;
    const at = await find(why?.resourceMetadataUrl);
    const { authorizationServerMetadata: metadata, issuer, documents } = at;
    context.tell({ step: 'found', issuer, tokenEndpoint: metadata.token_endpoint, documents });
    const held = kept.current();
    const first = why?.kind === 'scope' ? [options.scope, why.scope] : [options.scope ?? why?.scope];
    const scope = computeScopeUnion(held?.tokens?.scope, ...first);
    asked = computeScopeUnion(asked, scope);
    const signedIn = await signIn(at, scope, { options, context, fetch, clientName, kept });
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

interface Known {
  readonly options: BrowserSignInOptions;
  readonly context: AuthContext;
  readonly fetch: typeof globalThis.fetch;
  readonly clientName: string;
  readonly kept: Holding;
}

/** The registration was remembered, but not by the server. */
class Forgotten extends Error {}

/** Signs in as the client that is known; as a new one where the server has forgotten it. */
async function signIn(found: Found, scope: string | undefined, known: Known) {
  const { options, context, fetch, clientName, kept } = known;
  const { present = presentHere, patience = 300, clientMetadataUrl } = options;
  const parts = { resource: context.resource, found, scope, clientMetadataUrl, clientName, fetch, patience };
  if (options.client !== undefined) {
    return signInOnce({ ...parts, client: registeredAt(found, options.client), present });
  }
  const held = kept.current();
  const over = held?.client.client_secret_expires_at;
  if (held === undefined || held.issuer !== found.issuer || (over && over <= context.clock()))
    return signInOnce({ ...parts, client: undefined, present });
  try {
    const checked = async (page: URL) => {
      if (!(await knowsClient(page, fetch))) throw new Forgotten();
      await present(page);
    };
    return await signInOnce({ ...parts, client: held.client, present: checked });
  } catch (error) {
    const forgotten = error instanceof Forgotten || (error instanceof SignInFailed && error.code === 'invalid_client');
    if (!forgotten) throw error;
    await kept.forget();
    return signInOnce({ ...parts, client: undefined, present });
  }
}

function registeredAt(
  { issuer }: Found,
  { id, secret, issuer: own }: NonNullable<BrowserSignInOptions['client']>,
): StoredOAuthClientInformation {
  if (issuer !== own) throw new SignInFailed('other_issuer', `The client ${id} is of ${own}, not of ${issuer}.`);
  return { client_id: id, issuer, ...(secret !== undefined && { client_secret: secret }) };
}

async function presentHere(page: URL): Promise<void> {
  const opened = await openBrowser(page, { platform: process.platform });
  process.stderr.write(opened ? 'Sign in in the browser window that opened.\n' : `Sign in: ${page.href}\n`);
}
