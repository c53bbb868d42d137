import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Auth0Options, auth0 } from '../../providers/auth0.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { providerLaws } from '../contracts/index.ts';
import { callTool } from '../support/plain-http.ts';
import { AUTH0 } from '../support/providers/auth0.ts';
import { directFlows, startDirectWorld, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { made, providerDeps } from '../support/providers/provider-deps.ts';

/** The dialect of APIs with the Auth0 profile: `typ` is `JWT`, the client stands in `azp`. */
const spell = ({ client_id, ...claims }: Readonly<Record<string, unknown>>) => ({ ...claims, azp: client_id });
const others = {
  'an ID token': [{ aud: 'app', nonce: 'n', client_id: undefined, scope: undefined }],
  'an ID token of an app that is called as the API': [{ client_id: undefined, scope: undefined }],
  'a token of the Management API': [{ aud: 'https://acme.eu.auth0.test/api/v2/' }],
  'a token for the profile alone': [{ aud: 'https://acme.eu.auth0.test/userinfo' }],
} as const;

describe('auth0', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(auth0(), { AUTH0_DOMAIN: issuer }),
        path: '/',
        spell,
        header: { typ: 'JWT' },
        others,
        app: { sub: 'app@clients', gty: 'client-credentials' },
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) => tell(flow, AUTH0, ({ issuer }) => auth0({ domain: issuer })));
});

it('auth0 tells the operator why an opaque token is refused, and the caller no more than that it is', async () => {
  const { host, endpoint, close } = await startDirectWorld(AUTH0, ({ issuer }) => auth0({ domain: issuer }));
  const encrypted = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..iv.ct.tag`;
  const { status, headers, text } = await callTool(endpoint, encrypted, 'whoami').finally(close);
  expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  expect(`${text}${headers.get('www-authenticate')}`).not.toContain('audience_missing');
  expect(host.logged.some((line) => line.includes('audience_missing'))).toBe(true);
  expect(host.logged.join()).not.toContain(encrypted);
});

const RESOURCE = 'https://rs.test/a/mcp';
const NOW = 1_800_000_000;
let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer('/');
});
afterEach(() => fake.close());

const claims = (changes: Record<string, unknown> = {}) => ({
  ...{ iss: fake.issuer, aud: RESOURCE, sub: 'auth0|6553da60', azp: 'tpc_example', iat: NOW, exp: NOW + 600 },
  ...{ scope: 'openid notes:read', permissions: ['notes:read', 'notes:write'] },
  ...changes,
});
const verifierOf = (options: Auth0Options = {}) =>
  made(auth0({ domain: fake.issuer, ...options })).verifier(providerDeps());
const verify = async (options: Auth0Options, changes = {}, header = {}) =>
  verifierOf(options).verify(await fake.sign(claims(changes), header), new URL(RESOURCE));

describe('an access token of Auth0', () => {
  it.each([
    ['JWT', {}],
    ['at+jwt', { azp: undefined, client_id: 'tpc_example', jti: 'j' }],
  ])('is taken in the dialect of %s', async (typ, changes) => {
    expect(await verify({}, changes, { typ })).toMatchObject({
      subject: 'auth0|6553da60',
      clientId: 'tpc_example',
      kind: 'user',
    });
  });

  it('may name the userinfo endpoint beside the API, and nobody else', async () => {
    const userinfo = `${fake.issuer}userinfo`;
    for (const aud of [
      [RESOURCE, userinfo],
      [userinfo, RESOURCE],
    ])
      expect(await verify({}, { aud })).toBeDefined();
    for (const aud of [userinfo, [userinfo], [RESOURCE, 'https://other.test'], [RESOURCE, userinfo, 'x'], []]) {
      await expect(verify({}, { aud })).rejects.toMatchObject({ reason: 'wrong_audience' });
    }
  });

  it('carries scopes and permissions; or scopes alone, where that is wished', async () => {
    expect([...(await verify({})).scopes]).toEqual(['openid', 'notes:read', 'notes:write']);
    expect([...(await verify({ permissions: false })).scopes]).toEqual(['openid', 'notes:read']);
  });

  it('is a machine’s by its grant, or by a subject that is made of its own client', async () => {
    for (const changes of [{ sub: 'tpc_example@clients' }, { gty: 'client-credentials' }]) {
      expect(await verify({}, changes)).toMatchObject({ kind: 'machine' });
    }
    expect(await verify({}, { sub: 'auth0|tpc_example@clients' })).toMatchObject({ kind: 'user' });
  });

  it('says who the tenant is by its organization', async () => {
    expect(await verify({}, { org_id: 'org_a' })).toMatchObject({ tenant: 'org_a' });
    expect(await verify({ tenantClaim: 'https://x.test/t' }, { 'https://x.test/t': 't' })).toMatchObject({
      tenant: 't',
    });
  });

  it('that is opaque or encrypted is refused with the mistake that gives such tokens', async () => {
    const encrypted = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..iv.ct.tag`;
    for (const token of [encrypted, 'opaque-EXAMPLE']) {
      const refused = verifierOf().verify(token, new URL(RESOURCE));
      await expect(refused).rejects.toMatchObject({ code: 'invalid_token', reason: 'audience_missing' });
    }
  });

  it('is of the issuer with the slash', async () => {
    await expect(verify({}, { iss: fake.origin })).rejects.toMatchObject({ reason: 'wrong_issuer' });
  });
});

describe('the settings of auth0', () => {
  const faultsOf = (AUTH0_DOMAIN: string, production = false): readonly string[] => {
    try {
      made(auth0(), { AUTH0_DOMAIN }, production);
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  };

  it.each(['acme.eu.auth0.com', 'https://acme.eu.auth0.com', 'https://acme.eu.auth0.com/'])(
    'take %s for the domain',
    (AUTH0_DOMAIN) => {
      expect(made(auth0(), { AUTH0_DOMAIN }, true)).toMatchObject({ issuer: 'https://acme.eu.auth0.com/' });
    },
  );

  it.each([
    ['', 'must be set: the domain that clients sign in at, such as acme.eu.auth0.com'],
    ['https://acme.eu.auth0.com/oauth', 'must be a domain, or its URL without a path'],
    ['http://acme.eu.auth0.com', 'must be an https URL (plain http is allowed for localhost only)'],
  ])('refuse %j', (domain, fault) => {
    expect(faultsOf(domain)).toEqual([`AUTH0_DOMAIN ${fault}`]);
  });

  it('want TLS in production', () => {
    expect(faultsOf('http://localhost:1', true)).toEqual(['AUTH0_DOMAIN must be https in production']);
    expect(faultsOf('http://localhost:1')).toEqual([]);
  });

  it('may name other audiences', async () => {
    const list = { acceptAudiencesInsteadOfResource: ['https://api.acme.test'] };
    expect(await verify(list, { aud: 'https://api.acme.test' })).toMatchObject({ resource: RESOURCE });
    await expect(verify(list)).rejects.toMatchObject({ reason: 'wrong_audience' });
  });
});
