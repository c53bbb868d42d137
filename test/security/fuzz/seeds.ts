import { type CookieJar, createCookieJar } from '../../support/cookie-jar.ts';
import { assertionOf, type KeyMachine, type SecretMachine } from '../../support/machine.ts';
import { ask, basic, type PlainAnswer, postForm } from '../../support/plain-http.ts';
import { authorize, authorizeUrl, CALLBACK, registerClient, signIn } from '../../support/signed-in.ts';
import { PASSWORDS, type World } from '../../support/world.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

type Fields = Readonly<Record<string, string>>;

const request = (method: string, target: string, headers: Fields = {}, body = ''): WireRequest => ({
  method,
  target,
  headers: Object.entries(headers),
  body,
});

const form = (target: string, fields: Fields, headers: Fields = {}): WireRequest =>
  request(
    'POST',
    target,
    { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    new URLSearchParams(fields).toString(),
  );

const json = (target: string, body: unknown, headers: Fields = {}): WireRequest =>
  request('POST', target, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));

/** Good requests to every endpoint, with live credentials in them, for mutations to start from. */
export async function liveSeeds(
  world: World,
  machines: { readonly secret: SecretMachine; readonly key: KeyMachine },
): Promise<readonly WireRequest[]> {
  const { url } = world;
  const person = await signIn(url, { username: 'grace' });
  const bearer = { authorization: `Bearer ${person.access}` };
  const { client, code, verifier } = await authorize(url, { username: 'grace' });
  const { client_id } = client;
  const managed = await registerClient(url);
  const manage = {
    target: new URL(managed.registration_client_uri).pathname,
    headers: { authorization: `Bearer ${managed.registration_access_token}` },
  };
  const metadata = { client_name: 'App', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };
  const { secret, key } = machines;
  const resource = `${url}/notes/mcp`;
  return [
    ...reading(),
    ...messages(bearer),
    ...(await pages(url, client_id)),
    form('/token', {
      grant_type: 'authorization_code',
      client_id,
      code,
      code_verifier: verifier,
      redirect_uri: CALLBACK,
      resource,
    }),
    form('/token', {
      grant_type: 'refresh_token',
      client_id: person.client.client_id,
      refresh_token: person.refresh,
      scope: 'notes:read',
    }),
    form('/token', { grant_type: 'client_credentials', resource }, basic(secret.id, secret.secret)),
    form('/token', {
      grant_type: 'client_credentials',
      resource,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf(key, url),
    }),
    form('/revoke', { token: person.access, token_type_hint: 'access_token', client_id }),
    form('/introspect', { token: person.access }, basic(secret.id, secret.secret)),
    json('/register', metadata),
    request('GET', manage.target, manage.headers),
    { ...json(manage.target, { ...metadata, client_id: managed.client_id }, manage.headers), method: 'PUT' },
  ];
}

const reading = (): readonly WireRequest[] =>
  [
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource/notes/mcp',
    '/.well-known/openid-configuration',
    '/jwks',
    '/healthz',
    '/sign-out',
  ].map((target) => request('GET', target, { origin: 'https://app.example', accept: 'text/html' }));

function messages(bearer: Fields): readonly WireRequest[] {
  const headers = { ...bearer, accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  const call = (method: string, params: object = {}) =>
    json('/notes/mcp', { jsonrpc: '2.0', id: 1, method, params }, headers);
  const client = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } };
  return [
    call('initialize', client),
    call('tools/list'),
    call('tools/call', { name: 'list_notes', arguments: {} }),
    call('tools/call', { name: 'read_note', arguments: { id: 'x' } }),
    call('resources/read', { uri: 'notes://x' }),
    call('prompts/get', { name: 'summarize_notes' }),
    call('completion/complete', {
      ref: { type: 'ref/resource', uri: 'notes://{id}' },
      argument: { name: 'id', value: '' },
    }),
    json('/notes/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers),
    request('GET', '/notes/mcp', headers),
    request('OPTIONS', '/notes/mcp', { origin: 'http://localhost:1', 'access-control-request-method': 'POST' }),
  ];
}

/** Pages that wait for an answer, each in a browser of its own: what ends one leaves the others open. */
async function pages(url: string, client_id: string): Promise<readonly WireRequest[]> {
  const [asking, ending] = [await openSignIn(url, client_id), await openSignIn(url, client_id)];
  const consent = await openConsent(url, client_id);
  const { target, place, headers, token } = asking;
  return [
    request('GET', target, { accept: 'text/html' }),
    request('GET', target, { cookie: headers.cookie }),
    request('GET', place, headers),
    form(`${place}/sign-in`, { form: token, username: 'nobody', password: 'wrong but long enough' }, headers),
    request('GET', ending.place.replace('/interaction/', '/authorize/'), ending.headers),
    request('GET', consent.place, consent.headers),
    form(`${consent.place}/consent`, { form: consent.token, decision: 'none', scope: 'notes:read' }, consent.headers),
    form(`${ending.place}/switch-account`, { form: ending.token }, ending.headers),
    form('/sign-out', { form: token }, headers),
  ];
}

interface OpenPage {
  readonly target: string;
  readonly place: string;
  readonly token: string;
  readonly headers: { readonly cookie: string; readonly origin: string; readonly accept: string };
}

async function openSignIn(url: string, client_id: string): Promise<OpenPage> {
  const target = authorizeUrl(url, { client_id }).slice(url.length);
  return openPage(url, target, createCookieJar(), await ask(`${url}${target}`));
}

async function openConsent(url: string, client_id: string): Promise<OpenPage> {
  const jar = createCookieJar();
  const target = authorizeUrl(url, { client_id }).slice(url.length);
  const first = await openPage(url, target, jar, await ask(`${url}${target}`));
  const fields = { form: first.token, username: 'grace', password: PASSWORDS.grace };
  const signedIn = await postForm(`${url}${first.place}/sign-in`, fields, first.headers);
  jar.keep(new URL(first.place, url), signedIn.headers.getSetCookie());
  const resume = new URL(signedIn.headers.get('location') ?? '', url);
  return openPage(url, target, jar, await ask(resume, { headers: { cookie: jar.header(resume) } }));
}

async function openPage(url: string, target: string, jar: CookieJar, redirect: PlainAnswer): Promise<OpenPage> {
  const page = new URL(redirect.headers.get('location') ?? '', url);
  jar.keep(new URL(target, url), redirect.headers.getSetCookie());
  const headers = { cookie: jar.header(page), origin: url, accept: 'text/html' };
  const token = /name="form" value="([^"]+)"/.exec((await ask(page, { headers })).text)?.[1];
  if (token === undefined) throw new Error(`There is no form at ${page.pathname}.`);
  return { target, place: page.pathname, token, headers };
}
