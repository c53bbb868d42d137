import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeycloakOptions, keycloak } from '../../providers/keycloak.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { providerLaws } from '../contracts/index.ts';
import { directFlows, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, issuerKey, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { KEYCLOAK } from '../support/providers/keycloak.ts';
import { made, providerDeps } from '../support/providers/provider-deps.ts';

const PATH = '/realms/mcp';
const spell = ({ client_id, ...claims }: Readonly<Record<string, unknown>>) => ({ ...claims, azp: client_id });
const others = {
  'an ID token': [{ typ: 'ID', aud: 'app' }],
  'an ID token of a client that is called as the resource': [{ typ: 'ID' }],
  'a refresh token': [{ typ: 'Refresh' }],
  'an offline token': [{ typ: 'Offline' }],
  'a token of a kind that is not known': [{ typ: 'Whatever' }],
  'a token that does not say its kind': [{ typ: undefined }],
  'a token without the audience mapper': [{ aud: undefined }],
  'a token for the account console': [{ aud: 'account' }],
} as const;

describe('keycloak', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(keycloak(), { KEYCLOAK_ISSUER: issuer }),
        path: PATH,
        spell,
        claims: { typ: 'Bearer' },
        header: { typ: 'JWT' },
        others,
        app: { preferred_username: 'service-account-app' },
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) => tell(flow, KEYCLOAK, ({ issuer }) => keycloak({ issuer })));
});

const RESOURCE = 'https://rs.test/a/mcp';
const NOW = 1_800_000_000;
let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(PATH);
});
afterEach(() => fake.close());

const asked = { audience: RESOURCE, client: 'Nightly', scopes: ['notes:read'] };
const verify = async (options: KeycloakOptions, changes: Record<string, unknown> = {}, as = KEYCLOAK.person) => {
  const claims = { ...as({ ...asked, issuer: fake.issuer }), iat: NOW, exp: NOW + 300, ...changes };
  const token = await fake.sign(claims, { typ: 'JWT' });
  return made(keycloak({ issuer: fake.issuer, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
};

describe('an access token of Keycloak', () => {
  it('tells the person, the client and the scopes; roles are no scopes', async () => {
    const principal = await verify({}, { realm_access: { roles: ['notes:write', 'admin'] } });
    expect(principal).toMatchObject({
      kind: 'user',
      clientId: 'Nightly',
      name: 'Ada Example',
      email: 'ada@example.test',
    });
    expect([...principal.scopes]).toEqual(['openid', 'notes:read', 'email', 'profile']);
  });

  it('brings scopes for the roles that are mapped, and for no others', async () => {
    const scopesOfRoles = { editor: ['notes:write'] };
    const roles = ['editor', 'constructor', 7];
    const { scopes } = await verify({ scopesOfRoles }, { scope: 'openid', realm_access: { roles } });
    expect([...scopes]).toEqual(['openid', 'notes:write']);
    const injected = { scopes_of_roles: ['admin'], realm_access: null };
    expect([...(await verify({ scopesOfRoles }, injected)).scopes]).not.toContain('admin');
  });

  it('may be for `account` beside us; for other clients too only where that is wished', async () => {
    expect(await verify({}, { aud: ['account', RESOURCE] })).toBeDefined();
    const aud = [RESOURCE, 'realm-management'];
    await expect(verify({}, { aud })).rejects.toMatchObject({ reason: 'wrong_audience' });
    expect(await verify({ allowMultiAudience: true }, { aud })).toBeDefined();
  });

  it('is a machine’s by the account of its own client', async () => {
    expect(await verify({}, {}, KEYCLOAK.machine)).toMatchObject({ kind: 'machine', clientId: 'Nightly' });
    expect(await verify({}, { preferred_username: 'service-account-other' })).toMatchObject({ kind: 'user' });
  });

  it('names the organization of somebody who is in one', async () => {
    for (const organization of [['acme'], { acme: { id: '1' } }, 'acme']) {
      expect(await verify({}, { organization })).toMatchObject({ tenant: 'acme' });
    }
    for (const organization of [['acme', 'other'], {}, [], null, 7]) {
      expect((await verify({}, { organization })).tenant).toBeUndefined();
    }
  });

  it('is checked with a set that holds a key for encryption as well', async () => {
    const [signing] = fake.keys;
    const spare = await issuerKey('enc', 'RS256');
    if (signing) fake.keys = [signing, { ...spare, jwk: { ...spare.jwk, use: 'enc', alg: 'RSA-OAEP' } }];
    expect(await verify({})).toBeDefined();
  });
});

describe('the settings of keycloak', () => {
  it.each([
    ['', 'must be set: the URL of your realm, such as https://id.example.com/realms/acme'],
    ['https://id.example.com', 'must be the URL of a realm, such as https://id.example.com/realms/acme'],
    ['https://id.example.com/realms/acme/', 'must be the URL of a realm, such as https://id.example.com/realms/acme'],
    ['http://id.example.com/realms/acme', 'must be an https URL (plain http is allowed for localhost only)'],
  ])('refuse %j', (KEYCLOAK_ISSUER, fault) => {
    expect(() => made(keycloak(), { KEYCLOAK_ISSUER })).toThrow(new ConfigError([`KEYCLOAK_ISSUER ${fault}`]));
  });

  it.each(['https://id.example.com/realms/acme', 'https://id.example.com/auth/realms/acme'])('take %s', (issuer) => {
    expect(made(keycloak(), { KEYCLOAK_ISSUER: issuer }, true)).toMatchObject({ kind: 'direct', issuer });
  });
});
