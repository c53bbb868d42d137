import type { StoredOAuthClientInformation } from '@modelcontextprotocol/client';
import type { AuthContext } from './credential.ts';
import type { Found } from './discover.ts';
import type { Holding } from './held-tokens.ts';
import { openBrowser } from './open-browser.ts';
import { SignInFailed } from './sign-in-failed.ts';
import { knowsClient, type SignedIn, signInOnce } from './sign-in-flow.ts';
import type { BrowserSignInOptions } from './sign-in-options.ts';

/** What is known before a person signs in. */
export interface Known {
  readonly options: BrowserSignInOptions;
  readonly context: AuthContext;
  readonly fetch: typeof globalThis.fetch;
  readonly clientName: string;
  readonly kept: Holding;
}

/** The registration was remembered, but not by the server. */
class Forgotten extends Error {}

/**
 * Signs in as the client that is given or remembered; as a new one where none is, or where the server has forgotten it.
 * Rejects with SignInFailed, also where the given client is of another issuer.
 */
export async function signInAs(found: Found, scope: string | undefined, known: Known): Promise<SignedIn> {
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
