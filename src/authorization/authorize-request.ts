import { errors } from 'oidc-provider';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { parseScope } from '../core/scope.ts';
import type { Form } from './form.ts';
import { BARE_ACCESS } from './resource-servers.ts';

/** An authorization request as it goes to oidc-provider: nothing in it but what was checked. */
export interface AuthorizeRequest {
  readonly parameters: ReadonlyMap<string, string>;
  /** Seconds since the sign-in that the client insists on. */
  readonly maxAge?: number;
}

const UNSUPPORTED = new Map([
  ['request', () => new errors.RequestNotSupported('request objects are not supported')],
  ['request_uri', () => new errors.RequestUriNotSupported('request objects are not supported')],
  ['registration', () => new errors.RegistrationNotSupported('register at the registration endpoint')],
]);
/** Everything that is looked at. Other parameters are ignored (RFC 6749 §3.1). */
const KNOWN = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'scope',
  'resource',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'max_age',
  'login_hint',
  'dpop_jkt',
  ...UNSUPPORTED.keys(),
];

/** The `state` to send back: none when it came twice, or when it is not VSCHAR (RFC 6749 §A.5). */
export function echoedState({ values, repeated }: Form): string | undefined {
  const state = values.get('state');
  return state === undefined || repeated.has('state') || !isVschar(state) ? undefined : state;
}

/**
 * Checks an authorization request whose client and redirect URI are known to be good (OAuth 2.1 §4.1.1, RFC 7636 §4.3,
 * RFC 8707 §2). Throws the error that is sent back to the client.
 */
export function authorizeRequest(form: Form, resources: ReadonlyMap<string, ProtectedResource>): AuthorizeRequest {
  const { values } = form;
  checkWellFormed(form);
  for (const [name, refusal] of UNSUPPORTED) if (values.has(name)) throw refusal();
  checkResponse(values);
  checkChallenge(values);
  checkKey(values.get('dpop_jkt'));
  const resource = requestedResource(form, resources);
  const scope = effectiveScope(values.get('scope') ?? '', resource).join(' ');
  const { prompt, maxAge } = requestedPrompt(values);
  const parameters = new Map([...values].filter(([name]) => PASSED.includes(name)));
  parameters.set('resource', resource.uri).set('scope', scope);
  if (prompt !== '') parameters.set('prompt', prompt);
  return { parameters, ...(maxAge !== undefined && { maxAge }) };
}

const PASSED = [
  'client_id',
  'redirect_uri',
  'response_type',
  'state',
  'code_challenge',
  'code_challenge_method',
  'login_hint',
  'dpop_jkt',
];

/** What is kept for the length of a sign-in is bounded, in characters. */
const LONGEST = new Map([
  ['state', 4096],
  ['login_hint', 256],
]);

const isVschar = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

function checkWellFormed({ values, repeated, malformed }: Form): void {
  if (repeated.has('resource')) throw new errors.InvalidTarget('name one resource: a token is good for one only');
  const twice = KNOWN.find((name) => repeated.has(name));
  if (twice !== undefined) throw new errors.InvalidRequest(`${twice} was sent twice`);
  const broken = KNOWN.find((name) => malformed.has(name));
  if (broken !== undefined) throw new errors.InvalidRequest(`${broken} is malformed`);
  const long = [...LONGEST].find(([name, most]) => (values.get(name)?.length ?? 0) > most);
  if (long !== undefined) throw new errors.InvalidRequest(`${long[0]} is longer than ${long[1]} characters`);
  if (!isVschar(values.get('state') ?? '')) throw new errors.InvalidRequest('state may hold printable ASCII only');
}

function checkResponse(values: Form['values']): void {
  const type = values.get('response_type');
  if (type === undefined) throw new errors.InvalidRequest('response_type is missing');
  if (type !== 'code') throw new errors.UnsupportedResponseType('response_type must be code');
  if ((values.get('response_mode') ?? 'query') !== 'query') {
    throw new errors.InvalidRequest('response_mode must be query');
  }
}

/** In base64url. */
const SHA256 = /^[A-Za-z0-9_-]{43}$/;

/** RFC 9449 §10: the thumbprint of the key that the code shall be bound to. */
function checkKey(thumbprint: string | undefined): void {
  if (thumbprint !== undefined && !SHA256.test(thumbprint)) {
    throw new errors.InvalidRequest('dpop_jkt is no SHA-256 thumbprint');
  }
}

function checkChallenge(values: Form['values']): void {
  const challenge = values.get('code_challenge');
  if (challenge === undefined) throw new errors.InvalidRequest('code_challenge is missing (PKCE is required)');
  // Left out it would mean plain (RFC 7636 §4.3), which is not supported.
  if (values.get('code_challenge_method') !== 'S256') {
    throw new errors.InvalidRequest('code_challenge_method must be S256');
  }
  if (!SHA256.test(challenge)) throw new errors.InvalidRequest('code_challenge is no S256 challenge');
}

/**
 * The one resource of a request in its canonical form. Left out it is the only mount there is; with several mounts it
 * must be named. Throws InvalidTarget.
 */
export function requestedResource(
  { values, repeated, empty }: Form,
  resources: ReadonlyMap<string, ProtectedResource>,
): ProtectedResource {
  if (repeated.has('resource')) throw new errors.InvalidTarget('name one resource: a token is good for one only');
  const named = values.get('resource');
  if (named === undefined) {
    const [only, ...others] = resources.values();
    if (only !== undefined && others.length === 0 && !empty.has('resource')) return only;
    throw new errors.InvalidTarget('resource is missing: name the MCP server that the token is for');
  }
  const resource = resources.get(canonicalResource(named) ?? '');
  if (resource === undefined) throw new errors.InvalidTarget('resource is none of the MCP servers here');
  return resource;
}

/**
 * The scopes that are asked for (RFC 6749 §3.3): without any, the defaults of the mount; scopes it does not know are
 * dropped as long as one is left. Throws InvalidScope.
 */
export function effectiveScope(text: string, { scopes, defaultScopes }: ProtectedResource): readonly string[] {
  const parsed = parseScope(text);
  if (parsed === undefined) throw new errors.InvalidScope('scope is malformed', '');
  const asked = parsed.filter((scope) => scope !== 'offline_access' && scope !== BARE_ACCESS);
  const wanted = asked.length > 0 ? asked.filter((scope) => scopes.has(scope)) : defaultScopes;
  if (asked.length > 0 && wanted.length === 0) throw new errors.InvalidScope('no such scope', '');
  return wanted.length > 0 ? wanted : [BARE_ACCESS];
}

/** OpenID Connect Core §3.1.2.1, as far as it makes sense without ID tokens. */
function requestedPrompt(values: Form['values']): { readonly prompt: string; readonly maxAge?: number } {
  const prompts = new Set((values.get('prompt') ?? '').split(' ').filter((prompt) => prompt !== ''));
  if (prompts.delete('select_account')) prompts.add('login');
  const maxAge = values.get('max_age');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new errors.InvalidRequest('max_age is no number');
  if (maxAge === '0') prompts.add('login');
  if (prompts.has('none') && prompts.size > 1) throw new errors.InvalidRequest('prompt none must stand alone');
  return { prompt: [...prompts].join(' '), ...(maxAge !== undefined && { maxAge: Number(maxAge) }) };
}
