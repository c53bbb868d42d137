import { createHash, randomBytes } from 'node:crypto';
import { type Browser, browser } from './browser.ts';
import type { World } from './world.ts';

/** A registered client, as the registration response told. */
export interface RegisteredClient {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
  readonly [member: string]: unknown;
}

export const CALLBACK = 'http://127.0.0.1:49152/callback';
export const VERIFIER = randomBytes(32).toString('base64url');
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** What an endpoint answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function register(world: World, metadata: object = {}): Promise<RegisteredClient> {
  const answer = await postJson(world, '/register', {
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    client_name: 'Test client',
    ...metadata,
  });
  if (answer.status !== 201) throw new Error(`registration failed: ${JSON.stringify(answer.body)}`);
  return answer.body as unknown as RegisteredClient;
}

export async function postJson(world: World, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${world.at}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return answerOf(response);
}

/** Posts a form; a name may come more than once. */
export async function postForm(
  world: World,
  path: string,
  fields: Readonly<Record<string, string>> | readonly [string, string][],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const body = new URLSearchParams(fields);
  return answerOf(await fetch(`${world.at}${path}`, { method: 'POST', body, headers }));
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

export const basic = (id: string, secret: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

/** The parameters of a good authorization request, changed as given; `undefined` leaves one out. */
export function authorizeUrl(
  world: World,
  client: { readonly client_id: string },
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const parameters = {
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    scope: 'notes:read',
    resource: world.notes,
    state: 'a state',
    ...changes,
  };
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return `${world.at}/authorize?${new URLSearchParams(query)}`;
}

/** Walks sign-in and consent; the parameters that came back to the client. */
export async function authorize(
  world: World,
  client: { readonly client_id: string },
  changes: Readonly<Record<string, string | undefined>> = {},
  { as = browser(world.at), username = 'alice' }: { as?: Browser; username?: string } = {},
): Promise<URLSearchParams> {
  const landing = await as.allow(authorizeUrl(world, client, changes), { username });
  if (landing.location === undefined) throw new Error(`no redirect: ${landing.status} ${landing.html.slice(0, 400)}`);
  return new URL(landing.location).searchParams;
}

export async function codeFor(
  world: World,
  client: { readonly client_id: string },
  changes: Readonly<Record<string, string | undefined>> = {},
  who: { as?: Browser; username?: string } = {},
): Promise<string> {
  const code = (await authorize(world, client, changes, who)).get('code');
  if (code === null) throw new Error('no code');
  return code;
}

/** Redeems a code as a public client, or with the headers given. */
export const redeem = (
  world: World,
  client: { readonly client_id: string },
  code: string,
  changes: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  postForm(
    world,
    '/token',
    {
      grant_type: 'authorization_code',
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      code,
      ...changes,
    },
    headers,
  );

export const refresh = (
  world: World,
  client: { readonly client_id: string },
  token: unknown,
  changes: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  postForm(
    world,
    '/token',
    { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: String(token), ...changes },
    headers,
  );

/** A whole sign-in of a fresh public client. */
export async function signIn(world: World, changes: Readonly<Record<string, string | undefined>> = {}) {
  const client = await register(world);
  const code = await codeFor(world, client, changes);
  const answer = await redeem(world, client, code);
  if (answer.status !== 200) throw new Error(`no tokens: ${JSON.stringify(answer.body)}`);
  return { client, code, tokens: answer.body as Record<string, string> };
}

/** Whether the server's own verifier takes the token for the resource. */
export async function isLive(world: World, token: unknown, resource = world.notes): Promise<boolean> {
  try {
    await world.authorization.verifier.verify(String(token), new URL(resource));
    return true;
  } catch {
    return false;
  }
}
