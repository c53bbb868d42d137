import type { IncomingMessage } from 'node:http';
import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

const MAX_ASSERTION = 8192;
const MAX_CLIENT_ID = 2048;

/**
 * Checks how a client presents itself before oidc-provider looks at who it is: at most one Authorization line, Basic and
 * well-formed (RFC 7617, RFC 6749 §2.3.1), and an assertion that is about the client the form names. Throws
 * InvalidRequest where it is ambiguous, InvalidClientAuth where it cannot be right.
 */
export function checkClientCredentials(ctx: KoaContextWithOIDC, values: ReadonlyMap<string, string>): void {
  if ((values.get('client_id') ?? '').length > MAX_CLIENT_ID) throw new errors.InvalidClientAuth('no id is that long');
  const [line, ...others] = authorizationLines(ctx.req);
  if (others.length > 0) throw new errors.InvalidRequest('there is more than one Authorization header');
  if (line !== undefined) checkBasic(ctx, line);
  const assertion = values.get('client_assertion');
  if (assertion !== undefined) checkAssertionSubject(assertion, values.get('client_id'));
  // RFC 6749 §5.2: a request by nobody is one without client authentication.
  if (line === undefined && assertion === undefined && !values.has('client_id')) {
    throw new errors.InvalidClientAuth('no client is named');
  }
}

/** `req.headers` hides a second line. */
const authorizationLines = ({ rawHeaders }: IncomingMessage): readonly string[] =>
  rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization');

function checkBasic(ctx: KoaContextWithOIDC, line: string): void {
  const [, scheme = '', credentials = ''] = /^([^ ]*)(?: +(.*))?$/s.exec(line) ?? [];
  if (scheme.toLowerCase() !== 'basic') {
    throw new errors.InvalidRequest('clients authenticate with the Basic scheme, or in the form');
  }
  if (isBasic(credentials)) return;
  ctx.set('WWW-Authenticate', `Basic realm="${ctx.host}"`);
  throw new errors.InvalidClientAuth('the Basic credentials are malformed');
}

/** Strict base64 of UTF-8, with an id and a secret in form encoding. Node itself skips what is not base64. */
function isBasic(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/={0,2}$/, '')) return false;
  try {
    const pair = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const [id, ...secret] = pair.split(':').map((part) => decodeURIComponent(part));
    return id !== undefined && id !== '' && secret.join(':') !== '';
  } catch {
    return false;
  }
}

function checkAssertionSubject(assertion: string, clientId: string | undefined): void {
  if (assertion.length > MAX_ASSERTION) throw new errors.InvalidClientAuth('the assertion is too long');
  if (clientId === undefined) return;
  let subject: unknown;
  try {
    subject = decodeJwt(assertion).sub;
  } catch {
    throw new errors.InvalidClientAuth('the assertion is no JWT');
  }
  if (subject !== clientId) throw new errors.InvalidClientAuth('the assertion is about another client');
}
