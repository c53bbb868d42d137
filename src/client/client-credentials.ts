import { computeScopeUnion } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';
import { type ClientKey, type ClientSecret, clientProof } from '../core/client-proof.ts';
import { singleFlight } from '../core/single-flight.ts';
import type { Auth, AuthContext, Credential } from './credential.ts';
import { discover, type Found } from './discover.ts';
import { isDue } from './held-tokens.ts';
import { oauthFetch } from './oauth-fetch.ts';
import { SignInFailed } from './sign-in-failed.ts';

/** A machine client, with a secret or with a key of its own. */
export type ClientCredentialsOptions = {
  readonly clientId: string;
  /** Between spaces. Left out: what the authorization server gives this client by itself. */
  readonly scope?: string;
  /**
   * Who may be told the secret, or sent an assertion. Left out: an authorization server at the origin of the MCP server
   * itself and no other, for it is the MCP server that names it.
   */
  readonly issuer?: string;
  /** For servers whose metadata name what they only lie below of, such as their origin: tokens are good for all of that. */
  readonly allowTokensForWiderResource?: boolean;
} & (
  | Pick<ClientSecret, 'clientSecret'>
  | ClientKey
  | {
      /** Makes an assertion for this audience (RFC 7523), such as from the identity of a workload. */
      readonly assertion: (audience: string) => string | Promise<string>;
    }
);

/** A machine gets its own tokens (RFC 6749 §4.4), anew before they expire, and with more scope when a call needs it. */
export const clientCredentials =
  (options: ClientCredentialsOptions): Auth =>
  (context) =>
    machineCredential(options, context);

interface Token {
  /** The scope that was asked for. */
  readonly asked: string | undefined;
  readonly authorization: string;
  readonly expiresAt: number | undefined;
  readonly lifetime: number | undefined;
}

function machineCredential(options: ClientCredentialsOptions, context: AuthContext): Credential {
  const fetch = oauthFetch(context.fetch, context.resource);
  let scope = options.scope;
  let token: Token | undefined;
  let found: Found | undefined;
  const getting = singleFlight(async () => {
    if (found === undefined) {
      found = await discover(context.resource, {
        fetch,
        allowTokensForWiderResource: options.allowTokensForWiderResource,
      });
      const { issuer, documents, authorizationServerMetadata: metadata } = found;
      context.tell({ step: 'found', issuer, documents, tokenEndpoint: metadata.token_endpoint });
    }
    const asked = scope;
    const given = await requestToken(options, asked, found, { ...context, fetch });
    token = {
      asked,
      authorization: `Bearer ${given.access_token}`,
      expiresAt: given.expires_in === undefined ? undefined : context.clock() + given.expires_in,
      lifetime: given.expires_in,
    };
    context.tell({ step: 'granted', scope: given.scope, expiresIn: given.expires_in });
  });
  return {
    async headers() {
      if (token === undefined || isDue(token.expiresAt, token.lifetime, context.clock())) await getting();
      return token === undefined ? {} : { authorization: token.authorization };
    },
    async renew(refusal) {
      if (token !== undefined && token.authorization !== refusal.sent.authorization) return true;
      if (refusal.kind === 'unauthorized') return getting().then(() => true);
      const wider = computeScopeUnion(token?.asked, refusal.scope);
      if (wider === token?.asked) return false;
      // Where a request is under way already, its token is tried first: should it not do, the refusal of it comes here again.
      scope = computeScopeUnion(scope, wider);
      return getting().then(
        () => true,
        (error: unknown) => {
          scope = token?.asked ?? options.scope;
          if (error instanceof SignInFailed && error.code === 'invalid_scope') return false;
          throw error;
        },
      );
    },
    signIn: undefined,
  };
}

async function requestToken(
  options: ClientCredentialsOptions,
  scope: string | undefined,
  { authorizationServerMetadata: metadata, issuer, resource: named }: Found,
  { resource, fetch }: AuthContext,
): Promise<oauth.TokenEndpointResponse> {
  if (options.issuer === undefined ? new URL(issuer).origin !== resource.origin : options.issuer !== issuer) {
    throw new SignInFailed(
      'other_issuer',
      `${resource} sends its clients to ${issuer}. If its credentials are meant for that server, name it: issuer.`,
    );
  }
  const server = metadata as oauth.AuthorizationServer;
  const client: oauth.Client = { client_id: options.clientId };
  const parameters = { resource: named ?? resource.href, ...(scope && { scope }) };
  // Which URLs may be asked is decided by the fetch.
  const reach = { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true };
  const answer = await oauth.clientCredentialsGrantRequest(server, client, await proof(options), parameters, reach);
  return oauth.processClientCredentialsResponse(server, client, answer).catch(refused);
}

function refused(error: unknown): never {
  if (error instanceof oauth.ResponseBodyError) {
    throw new SignInFailed(error.error, error.error_description ?? `${error.status}`, error);
  }
  // RFC 6749 §5.2: a 401 with a challenge is what `invalid_client` looks like after HTTP Basic.
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
  throw new SignInFailed('invalid_client', 'The authorization server did not accept the client.', error);
}

async function proof(options: ClientCredentialsOptions): Promise<oauth.ClientAuth> {
  if (!('assertion' in options) || options.assertion === undefined)
    return clientProof(options as ClientSecret | ClientKey);
  const { assertion, clientId } = options;
  return async ({ issuer }, _, body) => {
    body.set('client_id', clientId);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await assertion(issuer));
  };
}
