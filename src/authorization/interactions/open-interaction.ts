import type { Request, Response } from 'express';
import type Provider from 'oidc-provider';
import type { Client, Interaction } from 'oidc-provider';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { parseScope } from '../../core/scope.ts';
import type { InteractionOptions } from './interaction-options.ts';
import { forbidden, gone } from './refused-page.ts';

/** An interaction that belongs to the browser that asks. Everything in it comes from the stored request. */
export interface OpenInteraction {
  readonly interaction: Interaction;
  readonly client: Client;
  readonly resource: ProtectedResource;
  readonly redirectUri: string;
  /** The scopes that the client asked for, of this mount or not. */
  readonly requested: readonly string[];
  /** Seconds until it ends. */
  readonly ttl: number;
}

/** The session of the browser that asks. */
export const browserSession = (provider: Provider, request: Request, response: Response) =>
  provider.Session.get(provider.createContext(request, response));

/**
 * The interaction of the URL. Rejects with a 403 page unless this browser started it and is still signed in as whoever
 * it was made for, and with a 410 page once it has been answered or has expired.
 */
export async function openInteraction(
  options: InteractionOptions,
  request: Request,
  response: Response,
): Promise<OpenInteraction> {
  const { provider, resources, clock } = options;
  const { cookies } = provider.createContext(request, response);
  const uid = cookies.get(provider.cookieName('interaction'), { signed: true });
  if (uid === undefined || uid !== request.params.uid) throw forbidden('interaction_cookie');
  const interaction = await provider.Interaction.find(uid);
  if (interaction === undefined) throw gone('interaction_ended');
  if (interaction.result !== undefined) throw gone('interaction_answered');
  await checkSession(options, interaction, request, response);

  const { client_id, redirect_uri, resource: uri, scope = '' } = interaction.params;
  const client = await provider.Client.find(String(client_id));
  const resource = resources.get(String(Array.isArray(uri) ? uri[0] : uri));
  if (client === undefined || resource === undefined) throw gone('client_or_resource_gone');
  return {
    interaction,
    client,
    resource,
    redirectUri: String(redirect_uri),
    requested: parseScope(String(scope)) ?? [],
    ttl: Math.max(1, interaction.exp - clock()),
  };
}

/** An account that is gone has no session left; all that can still happen is that its request is denied. */
async function checkSession(
  { provider, accounts }: InteractionOptions,
  { session: made }: Interaction,
  request: Request,
  response: Response,
): Promise<void> {
  if (made === undefined) return;
  const { uid, accountId } = await browserSession(provider, request, response);
  if (uid === made.uid && accountId === made.accountId) return;
  if ((await accounts.find(made.accountId)) !== undefined) throw forbidden('interaction_session');
}

/** Takes the interaction from the session that it was made for, so that the provider takes its result without one. */
export async function leaveSession({ interaction }: OpenInteraction): Promise<void> {
  if (interaction.session === undefined) return;
  interaction.session = undefined;
  await interaction.persist();
}
