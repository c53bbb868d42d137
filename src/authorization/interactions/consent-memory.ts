import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import { expandScopes } from '../../core/scope.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { redirectDisplay } from '../clients/redirect-uri.ts';
import { verifiedHost } from './asking-client.ts';
import { newGrant } from './new-grant.ts';
import { offerScopes } from './offered-scopes.ts';
import type { Resources } from './resources.ts';

/** What one person has allowed one client, at one redirect host, on one mount. */
export interface ConsentSubject {
  readonly accountId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly resource: string;
}

/** Remembers what was allowed: to mark it on the next page, and to skip that page where the server is set to. */
export interface ConsentMemory {
  /** Keeps the scopes, with all that they imply, for 30 days. */
  remember(subject: ConsentSubject, scopes: readonly string[]): Promise<void>;
  /** Those of the scopes that were allowed before, for display only. */
  recall(subject: ConsentSubject, scopes: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * For `loadExistingGrant`: a new, saved grant when the setting is `remember` and nothing about this request calls for
   * a page, else undefined.
   */
  rememberedGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined>;
}

/** What the memory lives on. */
export interface ConsentMemoryParts {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly resources: Resources;
  /** Whether what was allowed may be given again without a page. */
  readonly mode: 'always' | 'remember';
}

const LIFETIME = 30 * 86_400;

/** Who may have brought the browser here for a page to be skipped. `cross-site`, and a browser that does not say, may not. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'same-site', 'none']);

/** One record a scope; the empty scope stands for the mount itself. The host counts, not the port, which programs choose anew. */
function recordKey({ accountId, clientId, redirectUri, resource }: ConsentSubject, scope: string): string {
  const { protocol, hostname } = new URL(redirectUri);
  return `consent:${sha256(JSON.stringify([accountId, clientId, protocol, hostname, resource, scope]))}`;
}

/**
 * The memory of consents over a store. Each record holds the setting under which the person allowed it: nothing is
 * skipped that was not meant to be remembered.
 */
export function consentMemory({ store, accounts, resources, mode }: ConsentMemoryParts): ConsentMemory {
  const recorded = (subject: ConsentSubject, scopes: readonly string[]) =>
    Promise.all(scopes.map(async (scope) => ({ scope, mode: await store.get(recordKey(subject, scope)) })));
  return {
    async remember(subject, scopes) {
      const reached = expandScopes(scopes, resources.get(subject.resource)?.scopes ?? new Map());
      await Promise.all(['', ...reached].map((scope) => store.put(recordKey(subject, scope), mode, LIFETIME)));
    },
    async recall(subject, scopes) {
      const records = await recorded(subject, scopes);
      return new Set(records.filter((record) => record.mode !== undefined).map(({ scope }) => scope));
    },
    async rememberedGrant(ctx) {
      if (mode !== 'remember') return undefined;
      const request = skippableRequest(ctx);
      const account = request && (await accounts.find(request.accountId));
      const resource = request && resources.get(request.resource);
      if (request === undefined || account === undefined || resource === undefined) return undefined;
      const { scopes, nothingAllowed } = offerScopes(request.requested, resource, account);
      const records = await recorded(request, ['', ...scopes]);
      if (nothingAllowed || !records.every((record) => record.mode === 'remember')) return undefined;
      return newGrant(ctx.oidc.provider, { ...request, resource, allowed: scopes });
    },
  };
}

/**
 * The request, when a page may be skipped for it: a first GET of /authorize that no other site has started, by a client
 * with a verified host whose code leaves this computer. After a sign-in the page is shown: by then the browser no
 * longer tells who started it.
 */
function skippableRequest(ctx: KoaContextWithOIDC): (ConsentSubject & { requested: readonly string[] }) | undefined {
  const { client, params, account, route } = ctx.oidc;
  if (client === undefined || account === undefined || params === undefined) return undefined;
  if (route !== 'authorization' || ctx.method !== 'GET' || !OWN_SITES.has(ctx.get('sec-fetch-site'))) return undefined;
  const { redirect_uri: redirectUri, resource, scope } = params;
  if (typeof redirectUri !== 'string' || typeof resource !== 'string') return undefined;
  if (verifiedHost(client.clientId) === undefined || redirectDisplay(redirectUri).kind !== 'web') return undefined;
  const requested = typeof scope === 'string' ? scope.split(' ') : [];
  return { accountId: account.accountId, clientId: client.clientId, redirectUri, resource, requested };
}
