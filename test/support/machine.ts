import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { AuthorizationServer } from '../../src/authorization/authorization-server.ts';
import type { Machine } from '../../src/authorization/machines.ts';
import { basic, type PlainAnswer, postForm } from './plain-http.ts';

/** A machine client that proves itself with a secret. */
export interface SecretMachine {
  readonly id: string;
  readonly secret: string;
}

/** A machine client that signs assertions. */
export interface KeyMachine {
  readonly id: string;
  readonly key: KeyObject;
}

/** Registers a machine with a secret. */
export async function secretMachine(
  { machines }: AuthorizationServer,
  scopes: readonly string[],
  more: Partial<Pick<Machine, 'introspects' | 'enterprise' | 'resources'>> = {},
): Promise<SecretMachine> {
  const { clientId, clientSecret = '' } = await machines.add({ name: 'With a secret', scopes, secret: true, ...more });
  return { id: clientId, secret: clientSecret };
}

/** Registers a machine with a key of its own. */
export async function keyMachine(
  { machines }: AuthorizationServer,
  scopes: readonly string[],
  more: Pick<Machine, 'enterprise'> = {},
): Promise<KeyMachine> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk: JsonWebKey = publicKey.export({ format: 'jwk' });
  const { clientId } = await machines.add({ name: 'With a key', scopes, publicKey: jwk, ...more });
  return { id: clientId, key: privateKey };
}

/** RFC 7523 §3: an assertion for this issuer, good for a minute. */
export const assertionOf = ({ id, key }: KeyMachine, issuer: string): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(key);

/** A token by client_credentials, asked for with the secret in HTTP Basic. */
export const machineToken = (
  url: string,
  { id, secret }: SecretMachine,
  fields: Readonly<Record<string, string>> = {},
): Promise<PlainAnswer> =>
  postForm(
    `${url}/token`,
    { grant_type: 'client_credentials', resource: `${url}/notes/mcp`, ...fields },
    basic(id, secret),
  );

/** The same with an assertion. */
export const assertedToken = (
  url: string,
  client_assertion: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<PlainAnswer> =>
  postForm(`${url}/token`, {
    grant_type: 'client_credentials',
    resource: `${url}/notes/mcp`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
    ...fields,
  });
