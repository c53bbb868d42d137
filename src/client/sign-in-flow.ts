import { setTimeout as wait } from 'node:timers/promises';
import {
  auth,
  type OAuthClientMetadata,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import type { Found } from './discover.ts';
import { listenForCallback } from './loopback-callback.ts';
import { checkSentTo } from './oauth-fetch.ts';
import { keepOAuthState } from './oauth-state.ts';
import { asSignInFailed, SignInFailed } from './sign-in-failed.ts';

/** One sign-in through a browser. */
export interface SignInParts {
  readonly resource: URL;
  readonly found: Found;
  /** Left out: what the resource's metadata name. */
  readonly scope: string | undefined;
  /** As whom; undefined to register first. */
  readonly client: StoredOAuthClientInformation | undefined;
  readonly clientMetadataUrl: string | undefined;
  readonly clientName: string;
  /** Puts the page in front of the person. */
  readonly present: (page: URL) => void | Promise<void>;
  readonly fetch: typeof globalThis.fetch;
  /** Seconds for the person. */
  readonly patience: number;
}

/** What a sign-in brought. */
export interface SignedIn {
  readonly client: StoredOAuthClientInformation;
  readonly tokens: StoredOAuthTokens;
}

/**
 * Authorization code with PKCE, `state` and a listener on this machine (RFC 8252). The SDK checks the issuer of the answer
 * (RFC 9207) before anything else in it. Rejects with SignInFailed, naming what the server answered.
 */
export async function signInOnce(parts: SignInParts): Promise<SignedIn> {
  const { resource, found, scope, client, clientMetadataUrl, clientName, present, fetch, patience } = parts;
  const callback = await listenForCallback();
  const checked = (page: URL) => {
    checkSentTo(page, resource);
    return present(page);
  };
  const state = keepOAuthState({ clientName, callback, present: checked });
  state.saveDiscoveryState(found);
  if (client !== undefined) state.saveClientInformation(client);
  const clientMetadata: OAuthClientMetadata = state.clientMetadata;
  const authProvider = { ...state, clientMetadata, ...(clientMetadataUrl !== undefined && { clientMetadataUrl }) };
  try {
    await auth(authProvider, {
      serverUrl: resource,
      fetchFn: fetch,
      forceReauthorization: true,
      ...(scope !== undefined && { scope }),
    });
    const answer = await within(patience, state.answer());
    await new StreamableHTTPClientTransport(resource, { authProvider, fetch }).finishAuth(answer);
  } catch (error) {
    return asSignInFailed(error);
  } finally {
    await callback.close();
  }
  const [registered, tokens] = [state.clientInformation(), state.tokens()];
  if (registered === undefined || tokens === undefined) throw new SignInFailed('no_token', 'No token was given.');
  return { client: registered, tokens };
}

async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = wait(seconds * 1000, undefined, { signal: over.signal }).then(() => {
    throw new SignInFailed('timeout', `Nobody signed in within ${seconds} seconds.`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
    await late.catch(() => undefined);
  }
}

/**
 * Whether an authorization server still knows the client of a page. One that does not shows an error page to the person
 * and sends nobody back, so it is asked before the browser is.
 */
export async function knowsClient(page: URL, fetch: typeof globalThis.fetch): Promise<boolean> {
  const { status, body } = await fetch(page, { redirect: 'manual', headers: { accept: 'text/html' } });
  await body?.cancel();
  return status < 400 || status >= 500;
}
