import { errors } from 'oidc-provider';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { requestedResource } from '../authorize-request.ts';
import type { Form } from '../form.ts';

/** RFC 7636 §4.1. */
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/**
 * Checks what can be checked of a token request with good parameters before anything is spent (RFC 6749 §3.2, RFC 8707
 * §2.2), and puts `resource` into its canonical form. Throws the error to answer.
 */
export function tokenRequest(form: Form, resources: ReadonlyMap<string, ProtectedResource>): Map<string, string> {
  const { values } = form;
  const parameters = new Map(values);
  const grantType = values.get('grant_type');
  if (grantType === 'authorization_code' && !CODE_VERIFIER.test(values.get('code_verifier') ?? '')) {
    throw new errors.InvalidRequest('code_verifier is missing or malformed');
  }
  const named = values.has('resource') || form.empty.has('resource');
  // Where there is none, oidc-provider says so, to whoever has authenticated. An assertion would be used up by that.
  if (named || (grantType === 'client_credentials' && values.has('client_assertion')))
    parameters.set('resource', requestedResource(form, resources).uri);
  if (grantType === 'refresh_token') dropOfflineAccess(parameters);
  return parameters;
}

/** No parameter of ours is longer. How long an id or an assertion may be is for whoever authenticates the client. */
const MAX_VALUE = 8192;
const JUDGED_ELSEWHERE = ['client_id', 'client_assertion'];

/** Throws InvalidRequest for a parameter that came twice, is far too long, or in the array notation of some frameworks. */
export function checkParameters({ values, repeated, empty }: Form): void {
  if (repeated.has('resource')) throw new errors.InvalidTarget('name one resource: a token is good for one only');
  const [twice] = repeated;
  if (twice !== undefined) throw new errors.InvalidRequest('a parameter was sent twice');
  if ([...values.keys(), ...empty].some((name) => /[[\]]/.test(name))) {
    throw new errors.InvalidRequest('a parameter name is malformed');
  }
  if ([...values].some(([name, value]) => value.length > MAX_VALUE && !JUDGED_ELSEWHERE.includes(name))) {
    throw new errors.InvalidRequest('a parameter is too long');
  }
}

/** Refresh tokens are handed out by the grants of the client, so that this scope asks for nothing. */
function dropOfflineAccess(parameters: Map<string, string>): void {
  const scope = parameters.get('scope');
  const kept = scope?.split(' ').filter((name) => name !== 'offline_access');
  if (kept !== undefined) parameters.set('scope', kept.join(' '));
}
