import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Store } from '../store/store.ts';
import { hashClientSecret } from './client-secret.ts';
import type { ClientMetadata } from './clients/client-metadata.ts';
import { readJsonObject } from './clients/read-json-object.ts';
import { type RegistrationPolicy, registrationRequest } from './clients/registration.ts';
import { countClient } from './count-client.ts';
import type { Endpoint } from './json-endpoint.ts';
import { inTurn } from './registration-turn.ts';
import { BodyTooLarge, passJson, readBytes } from './request-body.ts';
import { addressOf, type RequestLimits } from './request-limits.ts';
import type { IssuedClient, StatelessClients } from './stateless-clients.ts';

/** What the registration endpoint works with. */
export interface RegisterParts {
  readonly policy: RegistrationPolicy;
  readonly limits: RequestLimits;
  readonly store: Store;
  /** Given where registration hands out ids that hold their metadata; left out where clients are kept. */
  readonly stateless?: StatelessClients;
}

/**
 * `/register` (RFC 7591), and `/register/<client id>` for whoever holds the registration access token (RFC 7592). What
 * is validated is what is stored: oidc-provider gets the accepted metadata, never the body that was sent.
 */
export const registerEndpoint =
  (parts: RegisterParts): Endpoint =>
  async (ctx, next) => {
    const { limits } = parts;
    const [, , named] = ctx.path.split('/');
    if (named !== undefined)
      return countClient(ctx, { limits, budget: 'introspect', named }, () => answer(ctx, next, parts));
    await limits.stranger('register', addressOf(ctx));
    await answer(ctx, next, parts);
  };

async function answer(
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
  { policy, stateless, store }: RegisterParts,
): Promise<void> {
  if (ctx.method === 'POST') {
    const metadata = acceptedMetadata(await readBody(ctx), policy);
    if (stateless !== undefined) ctx.state.issuedClient = issue(stateless, metadata);
    passJson(ctx, metadata);
  }
  if (ctx.method === 'PUT') {
    const body = await readBody(ctx);
    passJson(ctx, { ...acceptedMetadata(body, policy), ...identity(body) });
  }
  await (ctx.method === 'PUT' ? inTurn(ctx, store, next) : next());
  if (ctx.status < 300 && typeof ctx.body === 'object') ctx.body = publicMembers(ctx.body as object);
}

/** The client that this registration was given beforehand, where its id holds its metadata. */
export const issuedClient = (ctx: KoaContextWithOIDC): IssuedClient | undefined => {
  const { issuedClient: issued } = ctx.state as { readonly issuedClient?: IssuedClient };
  return issued;
};

function issue(stateless: StatelessClients, metadata: ClientMetadata): IssuedClient {
  const issued = stateless.issue(metadata);
  if (typeof issued === 'string') throw metadataError('invalid_client_metadata', issued);
  return issued;
}

async function readBody(ctx: KoaContextWithOIDC): Promise<object> {
  if (!/^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(ctx.get('content-type'))) {
    throw new errors.InvalidRequest('the Content-Type must be application/json', 415);
  }
  const body = readJsonObject(await readBytes(ctx).catch(refuseLargeBody));
  if (typeof body === 'string') throw metadataError('invalid_client_metadata', `The registration request ${body}.`);
  return body;
}

function refuseLargeBody(error: unknown): never {
  if (error instanceof BodyTooLarge) throw new errors.InvalidRequest('the body is too large', 413);
  throw error;
}

function acceptedMetadata(body: object, policy: RegistrationPolicy): ClientMetadata {
  const read = registrationRequest(body, policy);
  if (!read.ok) throw metadataError(read.error, read.description);
  return read.metadata;
}

const metadataError = (code: string, description: string) => new errors.CustomOIDCProviderError(code, description);

/** RFC 7592 §2.2: an update names its client, and may name its secret, which is kept as a hash. */
function identity(body: object): object {
  const { client_id, client_secret } = body as { client_id?: unknown; client_secret?: unknown };
  return {
    ...(typeof client_id === 'string' && { client_id }),
    ...(typeof client_secret === 'string' && { client_secret: hashClientSecret(client_secret) }),
  };
}

const PUBLIC = [
  'client_id',
  'client_id_issued_at',
  'client_secret',
  'client_secret_expires_at',
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'redirect_uris',
  'application_type',
  'grant_types',
  'response_types',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'registration_client_uri',
  'registration_access_token',
];

/** The members that are ours to tell. A secret is told once, when it is made; afterwards only its hash is left. */
function publicMembers(body: object): object {
  const hashed = (name: string, value: unknown) =>
    name === 'client_secret' && hashClientSecret(String(value)) === value;
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => PUBLIC.includes(name) && !hashed(name, value)),
  );
}
