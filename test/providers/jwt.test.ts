import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JwtOptions, jwt } from '../../providers/jwt.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { providerLaws } from '../contracts/index.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { made, providerDeps } from '../support/providers/provider-deps.ts';

/** What an issuer signs that is no access token; one of them has the audience of one. */
const others = {
  'an ID token': [{ aud: 'app', nonce: 'n', scope: undefined }, { typ: 'JWT' }],
  'an ID token for the resource': [{ at_hash: 'h' }, { typ: 'JWT' }],
  'an ID token that names its use': [{ token_use: 'id' }, { typ: 'JWT' }],
  'a refresh token': [{ typ: 'Refresh' }, { typ: 'JWT' }],
  'a logout token': [{ events: {} }, { typ: undefined }],
  'a session for the issuer’s own site': [{ aud: 'https://app.issuer.test', client_id: undefined }, { typ: 'JWT' }],
} as const;

const pemOf = (fake: FakeIssuer): string => {
  const key = createPublicKey({ key: fake.keys[0]?.jwk as JsonWebKey, format: 'jwk' });
  return String(key.export({ type: 'spki', format: 'pem' }));
};

describe('jwt with keys that the issuer publishes', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() => startJwtUnderTest({ provider: ({ issuer }) => made(jwt(), { JWT_ISSUER: issuer }), others })),
  );
});

describe('jwt with a public key of the operator', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: (fake) => made(jwt({ issuer: fake.issuer, publicKey: pemOf(fake) })),
        others,
        remote: false,
      }),
    ),
  );
});

const RESOURCE = 'https://rs.test/a/mcp';
const SECRET = 'a secret of the issuer and of us, no one else';
const NOW = 1_800_000_000;
let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer();
});
afterEach(() => fake.close());

const claims = (changes: Record<string, unknown> = {}) => ({
  ...{ iss: fake.issuer, aud: RESOURCE, sub: 'ada', client_id: 'app', scope: 'a', iat: NOW, exp: NOW + 600 },
  ...changes,
});
const verifierOf = (options: JwtOptions) => made(jwt({ issuer: fake.issuer, ...options })).verifier(providerDeps());
const verify = async (options: JwtOptions, changes = {}, header = {}) =>
  verifierOf(options).verify(await fake.sign(claims(changes), header), new URL(RESOURCE));

describe('jwt with a shared secret', () => {
  const signed = (alg: string, secret: string, changes = {}) => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg, typ: 'JWT' })}.${encode(claims(changes))}`;
    const hash = alg === 'HS512' ? 'sha512' : 'sha256';
    return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
  };

  it('takes HS256 with the secret, and nothing else', async () => {
    const verifier = verifierOf({ secret: SECRET });
    const at = new URL(RESOURCE);
    expect(await verifier.verify(signed('HS256', SECRET), at)).toMatchObject({ subject: 'ada' });
    const refused = { code: 'invalid_token' };
    await expect(verifier.verify(signed('HS256', `${SECRET}!`), at)).rejects.toMatchObject(refused);
    await expect(verifier.verify(signed('HS512', SECRET), at)).rejects.toMatchObject(refused);
    await expect(verifier.verify(signed('none', SECRET), at)).rejects.toMatchObject(refused);
    await expect(verifier.verify(await fake.sign(claims()), at)).rejects.toMatchObject(refused);
    await expect(verifier.verify(signed('HS256', SECRET, { aud: 'x' }), at)).rejects.toMatchObject(refused);
  });

  it('JW-02 is not taken for one where keys are published', async () => {
    const fault = verifierOf({}).verify(signed('HS256', pemOf(fake)), new URL(RESOURCE));
    await expect(fault).rejects.toMatchObject({ code: 'invalid_token', reason: 'algorithm_not_allowed' });
  });

  it('advertises no authorization server', () => {
    expect(made(jwt({ issuer: 'house', secret: SECRET })).kind).toBe('keys');
    expect(made(jwt({ issuer: fake.issuer }))).toMatchObject({ kind: 'direct', issuer: fake.issuer });
  });
});

describe('what may be configured', () => {
  it('is another audience than the resource: then only tokens that say that they are access tokens', async () => {
    const list = { acceptAudiencesInsteadOfResource: ['api://notes', 'api://old'] };
    expect(await verify(list, { aud: 'api://old' })).toMatchObject({ subject: 'ada', resource: RESOURCE });
    await expect(verify(list, { aud: 'api://old' }, { typ: 'JWT' })).rejects.toMatchObject({ reason: 'wrong_type' });
    await expect(verify(list, {})).rejects.toMatchObject({ reason: 'wrong_audience' });
    const byResource = {
      acceptAudiencesInsteadOfResource: (resource: string) => [`api:${new URL(resource).pathname}`],
    };
    expect(await verify(byResource, { aud: 'api:/a/mcp' })).toMatchObject({ subject: 'ada' });
    await expect(verify(byResource, { aud: 'api:/b/mcp' })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('are several audiences at once', async () => {
    const aud = [RESOURCE, `${fake.issuer}/userinfo`];
    expect(await verify({ allowMultiAudience: true }, { aud })).toMatchObject({ subject: 'ada' });
    await expect(verify({}, { aud })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('are the types, down to the one of RFC 9068', async () => {
    for (const typ of ['at+jwt', 'JWT', undefined]) expect(await verify({}, {}, { typ })).toBeDefined();
    const only = { types: ['at+jwt'] };
    for (const typ of ['JWT', undefined]) {
      await expect(verify(only, {}, { typ })).rejects.toMatchObject({ reason: 'wrong_type' });
    }
  });

  it.each([
    [{ scope: 'a b' }, {}, ['a', 'b']],
    [{ scope: undefined, scp: ['a', 'b'] }, {}, ['a', 'b']],
    [{ scope: 'a', scp: 'b', scopes: ['c'] }, {}, ['a', 'b', 'c']],
    [{ scope: 'a', permissions: ['p'], roles: ['r'] }, {}, ['a']],
    [{ scope: 'a', permissions: ['p'], roles: ['r'] }, { scopeClaims: ['permissions', 'roles'] }, ['a', 'p', 'r']],
    [{ scope: 'api://x/a other' }, { renameScope: (name: string) => name.split('api://x/')[1] }, ['a']],
    [{ scope: 'a', scp: 'b  b' }, {}, ['a']],
  ])('are the claims that hold scopes: %j', async (changes, options, expected) => {
    expect([...(await verify(options, changes)).scopes]).toEqual(expected);
  });

  it.each([
    [{ azp: 'z' }, 'z'],
    [{ cid: 'c' }, 'c'],
    [{ appid: 'i' }, 'i'],
    [{ client_id: 'first', azp: 'z' }, 'first'],
  ])('finds the client wherever issuers write it: %j', async (changes, client) => {
    expect((await verify({}, { client_id: undefined, ...changes })).clientId).toBe(client);
  });

  it('is the client of tokens that name none, never the person', async () => {
    const nobody = { client_id: undefined };
    await expect(verify({}, nobody)).rejects.toMatchObject({ reason: 'no_client_id' });
    expect((await verify({ defaultClient: 'house' }, nobody)).clientId).toBe('house');
  });

  it('is a fault of claims that are good otherwise, by resource', async () => {
    const fault = ({ acr }: Readonly<Record<string, unknown>>, resource: string) =>
      resource === RESOURCE && acr !== 'mfa' ? 'no_second_factor' : undefined;
    expect(await verify({ fault }, { acr: 'mfa' })).toMatchObject({ subject: 'ada' });
    await expect(verify({ fault })).rejects.toMatchObject({ code: 'invalid_token', reason: 'no_second_factor' });
  });

  it('are what the tenant and a machine look like', async () => {
    expect(await verify({}, { org_id: 'o' })).toMatchObject({ tenant: 'o', kind: 'user' });
    expect(await verify({ tenantClaim: 'tid' }, { tid: 't' })).toMatchObject({ tenant: 't' });
    expect(await verify({ isMachine: ({ gty }) => gty === 'cc' }, { gty: 'cc' })).toMatchObject({ kind: 'machine' });
    expect(await verify({}, { email: 'a@b.c', email_verified: true, name: 'Ada' })).toMatchObject({
      email: 'a@b.c',
      name: 'Ada',
    });
  });
});

describe('the settings of jwt', () => {
  const faultsOf = (environment: Record<string, string>, production = false): readonly string[] => {
    try {
      made(jwt(), environment, production);
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  };
  const JWT_ISSUER = 'https://issuer.test/';

  it('need an issuer and nothing else', () => {
    expect(faultsOf({})).toEqual(['JWT_ISSUER must be set: what the tokens say in `iss`']);
    expect(faultsOf({ JWT_ISSUER })).toEqual([]);
  });

  it('name one kind of key', () => {
    const JWT_JWKS_URL = 'https://issuer.test/jwks';
    expect(faultsOf({ JWT_ISSUER, JWT_JWKS_URL, JWT_SECRET: SECRET })).toEqual([
      'JWT_JWKS_URL, JWT_SECRET must not be set together: tokens have one kind of key',
    ]);
    expect(faultsOf({ JWT_ISSUER, JWT_JWKS_URL })).toEqual([]);
    expect(faultsOf({ JWT_ISSUER: 'house', JWT_SECRET: SECRET })).toEqual([]);
  });

  it('allow only algorithms that fit the key', () => {
    expect(faultsOf({ JWT_ISSUER, JWT_ALGORITHMS: 'ES256,HS256,none' })).toEqual([
      expect.stringMatching(/^JWT_ALGORITHMS must not name HS256, none; here it may name RS256, /),
    ]);
    expect(faultsOf({ JWT_ISSUER, JWT_SECRET: SECRET, JWT_ALGORITHMS: 'RS256' })).toEqual([
      'JWT_ALGORITHMS must not name RS256; here it may name HS256',
    ]);
    expect(faultsOf({ JWT_ISSUER, JWT_ALGORITHMS: 'ES384' })).toEqual([]);
  });

  it('refuse http but on this machine, and there in production', () => {
    const insecure = { JWT_ISSUER: 'http://issuer.test', JWT_JWKS_URL: 'http://10.0.0.1/jwks' };
    expect(faultsOf({ ...insecure, JWT_JWKS_URL: '' })).toEqual([
      'JWT_ISSUER must be an https URL (plain http is allowed for localhost only)',
    ]);
    expect(faultsOf(insecure)).toEqual([
      'JWT_JWKS_URL must be an https URL (plain http is allowed for localhost only)',
    ]);
    const here = { JWT_ISSUER: 'http://localhost:1/', JWT_JWKS_URL: 'http://127.0.0.1:1/jwks' };
    expect(faultsOf(here)).toEqual([]);
    expect(faultsOf(here, true)).toEqual([
      'JWT_ISSUER must be https in production',
      'JWT_JWKS_URL must be https in production',
    ]);
    expect(faultsOf({ JWT_ISSUER, JWT_JWKS_URL: 'https://10.0.0.1/jwks' }, true)).toEqual([]);
  });

  it('refuse keys that are private, weak or no keys, without a word of them', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
    const JWT_PUBLIC_KEY = 'JWT_PUBLIC_KEY must hold ';
    for (const [text, fault] of [
      [pem, `${JWT_PUBLIC_KEY}a public key, but holds a private one`],
      [jwk, `${JWT_PUBLIC_KEY}public keys that may verify signatures (secret_or_private)`],
      ['{"keys":[]}', `${JWT_PUBLIC_KEY}a public key as PEM, as a JWK or as a JWK Set`],
      ['{broken', `${JWT_PUBLIC_KEY}a public key as PEM, as a JWK or as a JWK Set`],
      ['hunter2', `${JWT_PUBLIC_KEY}a public key as PEM, as a JWK or as a JWK Set`],
    ] as const) {
      expect(faultsOf({ JWT_ISSUER, JWT_PUBLIC_KEY: text })).toEqual([fault]);
    }
    for (const text of [pemOf(fake), pemOf(fake).replaceAll('\n', '\\n'), JSON.stringify(fake.keys[0]?.jwk)]) {
      expect(faultsOf({ JWT_ISSUER, JWT_PUBLIC_KEY: text })).toEqual([]);
    }
    expect(faultsOf({ JWT_ISSUER, JWT_SECRET: 'short' })).toEqual(['JWT_SECRET must have at least 32 bytes']);
    expect(faultsOf({ JWT_ISSUER, JWT_SECRET: pem })).toEqual([
      'JWT_SECRET must be a secret, but looks like a key pair',
    ]);
  });
});
