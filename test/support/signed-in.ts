import { createHash, randomBytes } from 'node:crypto';
import { type Walker, walk } from './form-walker.ts';
import { type PlainAnswer, postForm, postJson } from './plain-http.ts';
import { PASSWORDS } from './world.ts';

/** Where the clients of these tests are answered. Nothing listens there. */
export const CALLBACK = 'http://127.0.0.1:49152/callback';

/** A client as its registration was answered. */
export interface Registered {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
}

/** An authorization request, its answer, and all that its client had to keep for it. */
export interface Authorized {
  readonly client: Registered;
  readonly resource: string;
  readonly state: string;
  readonly verifier: string;
  /** The redirect with its parameters. */
  readonly arrived: URL;
  readonly code: string;
}

/** A client with somebody's tokens. */
export interface SignedIn extends Authorized {
  readonly access: string;
  readonly refresh: string;
}

/** What can differ from ada at a fresh public client that asks for the first scopes of `/notes`. */
export interface Choices extends Partial<Omit<Walker, 'redirectUri' | 'username'>> {
  readonly username?: keyof typeof PASSWORDS;
  /** Left out, the right one. */
  readonly password?: string;
  readonly mount?: string;
  readonly scope?: string;
  readonly client?: Registered;
}

/** Registers a client, a public one unless the metadata say else. Throws with the answer when it is refused. */
export async function registerClient(url: string, metadata: object = {}): Promise<Registered> {
  const answer = await postJson(`${url}/register`, {
    client_name: 'Test client',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    ...metadata,
  });
  if (answer.status !== 201) throw new Error(`Registration was answered ${answer.status}: ${answer.text}`);
  return answer.body as unknown as Registered;
}

/** The URL of an authorization request, changed as given; `undefined` leaves a parameter out. */
export function authorizeUrl(
  url: string,
  client: Pick<Registered, 'client_id'>,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const parameters = {
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    code_challenge: challengeOf(newVerifier()),
    code_challenge_method: 'S256',
    resource: `${url}/notes/mcp`,
    state: 'a-state',
    ...changes,
  };
  const sent = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${url}/authorize?${new URLSearchParams(sent)}`;
}

/** Walks from the request to the code. Throws with the words of the page where it gets no further. */
export async function authorize(url: string, choices: Choices = {}): Promise<Authorized> {
  const {
    username = 'ada',
    password = PASSWORDS[username],
    mount = '/notes',
    scope,
    client: given,
    ...walker
  } = choices;
  const client = given ?? (await registerClient(url));
  const verifier = newVerifier();
  const state = randomBytes(12).toString('base64url');
  const resource = `${url}${mount}/mcp`;
  const request = authorizeUrl(url, client, { resource, state, scope, code_challenge: challengeOf(verifier) });
  const arrived = await walk(request, { username, password, redirectUri: CALLBACK, ...walker });
  return { client, resource, state, verifier, arrived, code: arrived.searchParams.get('code') ?? '' };
}

/** Redeems a code as its public client. */
export const redeem = (url: string, { client, code, verifier }: Authorized): Promise<PlainAnswer> =>
  postForm(`${url}/token`, {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
    code,
  });

/** A whole sign-in. Throws with the answer when no tokens come of it. */
export async function signIn(url: string, choices: Choices = {}): Promise<SignedIn> {
  const authorized = await authorize(url, choices);
  const answer = await redeem(url, authorized);
  if (answer.status !== 200) throw new Error(`The code was answered ${answer.status}: ${answer.text}`);
  return { ...authorized, access: String(answer.body.access_token), refresh: String(answer.body.refresh_token) };
}

/** Refreshes as a public client. */
export const refresh = (url: string, client: Pick<Registered, 'client_id'>, token: string): Promise<PlainAnswer> =>
  postForm(`${url}/token`, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: token });

/** RFC 7636 §4.1. */
export const newVerifier = (): string => randomBytes(32).toString('base64url');

/** RFC 7636 §4.2. */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
