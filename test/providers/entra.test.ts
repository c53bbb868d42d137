import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type EntraOptions, entra } from '../../providers/entra.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid, OUR_APP, PEOPLE } from '../support/providers/fake-openid.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const TENANT = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
const OTHER_TENANT = '0d2d1f1a-0000-4000-8000-00000000beef';
const ADA = '690222be-ff1a-4d56-abd1-7e4f7d38e474';
const GRACE = '690222be-ff1a-4d56-abd1-7e4f7d38e475';

/** Microsoft's dialect: a path for each tenant, an issuer for each, an ID token at each refresh as well. */
const far = (options: EntraOptions = {}, idToken: Readonly<Record<string, unknown>> = {}): Promise<FakeOpenid> => {
  const base = `/${options.tenantId ?? TENANT}`;
  return fakeOpenid({
    people: {
      ada: { ...PEOPLE.ada, oid: ADA, xms_edov: true, groups: ['g-1'], roles: ['Admin'] },
      grace: { ...PEOPLE.grace, oid: GRACE },
    },
    renamed: { preferred_username: 'renamed@example.com', name: 'Renamed', email: 'renamed@example.com' },
    unverified: { xms_edov: undefined },
    tokens: { ext_expires_in: 4102 },
    idToken: (url) => ({ iss: `${url}/${TENANT}/v2.0`, tid: TENANT, ver: '2.0', ...idToken }),
    paths: {
      [`${base}/oauth2/v2.0/authorize`]: '/authorize',
      [`${base}/oauth2/v2.0/token`]: '/token',
      [`${base}/discovery/v2.0/keys`]: '/jwks',
    },
    make: ({ issuer }) =>
      entra({
        clientId: OUR_APP.clientId,
        ...(options.privateKey === undefined && { clientSecret: OUR_APP.clientSecret }),
        tenantId: TENANT,
        authority: issuer,
        ...options,
      }),
  });
};

describe('entra keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far({ scopes: () => 'all' })));
});

describe('entra for several tenants keeps the laws', () => {
  const several = { tenantId: 'organizations', allow: `tenant:${TENANT.toUpperCase()}` };
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far(several)));
});

describe('entra', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  test('a person signs in; their subject is of directory and object, never an address, and the mount is not told', async () => {
    const { fake, provider, close } = await far({ upstreamScopes: ['User.Read'], allow: 'role:admin' });
    open.push({ close });
    const world = await startWorld({ settings: { auth: provider } });
    open.push(world);
    const { access } = await signIn(world.url);

    expect(decodeJwt(access)).toMatchObject({ sub: `entra:${TENANT}:${ADA}`, gh_tenant: TENANT });
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    const [redeemed] = fake.requests.filter(({ path }) => path === '/token');
    expect(asked?.query.get('scope')).toBe('openid profile email offline_access User.Read');
    expect(redeemed?.form.get('scope')).toBe(asked?.query.get('scope'));
    expect([asked?.query.has('resource'), redeemed?.form.has('resource')]).toEqual([false, false]);

    fake.idToken = { ...fake.idToken, roles: [] };
    expect((await authorize(world.url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('groups and roles are looked at again by a refresh, for which a token is asked; an id is not', async () => {
    const rules = {
      'group:11111111-0000-4000-8000-000000000000': true,
      'role:Editors': true,
      [`id:${TENANT}:${ADA}`]: false,
    };
    for (const [allow, looks] of Object.entries(rules)) {
      await onTrial(await far({ allow }), async ({ provider }) => {
        expect([allow, provider.scopes.includes('offline_access')]).toEqual([allow, looks]);
        expect([allow, provider.recheck !== undefined]).toEqual([allow, looks]);
      });
    }
  });

  test('an ID token must be of the tenant and of its issuer, and of version 2', async () =>
    onTrial(await far(), async ({ fake }, { identify, failure }) => {
      const good = fake.idToken;
      const bad = [
        { tid: OTHER_TENANT, iss: `${fake.url}/${OTHER_TENANT}/v2.0` },
        { tid: OTHER_TENANT },
        { iss: `${fake.url}/${OTHER_TENANT}/v2.0` },
        { iss: `${fake.url}/${TENANT}/` },
        { tid: undefined },
        { tid: '../common' },
        { ver: '1.0' },
        { oid: undefined },
      ];
      for (const claims of bad) {
        fake.idToken = { ...good, ...claims };
        expect(await failure(() => identify()), JSON.stringify(claims)).toBe('BadUpstreamAnswer');
      }
    }));

  test('of several tenants those on the list come in, and personal accounts only where they were asked for', async () =>
    onTrial(
      await far({ tenantId: 'organizations', allow: `tenant:${TENANT}` }),
      async ({ fake, provider }, { identify, failure }) => {
        const good = fake.idToken;
        expect(provider.grants(await identify())).toBe('all');

        fake.idToken = { ...good, tid: OTHER_TENANT, iss: `${fake.url}/${OTHER_TENANT}/v2.0` };
        expect(provider.grants(await identify())).toBeUndefined();
        const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad';
        fake.idToken = { ...good, tid: consumers, iss: `${fake.url}/${consumers}/v2.0` };
        expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
      },
    ));

  test('a tenant cannot lend an address: without `xms_edov` there is none', async () =>
    onTrial(
      await far({ allow: 'domain:example.com' }, { email_verified: true, xms_edov: undefined }),
      async ({ fake, provider }, { identify }) => {
        const lent = await identify();
        expect(lent.email).toBeUndefined();
        expect(provider.grants(lent)).toBeUndefined();

        fake.idToken = { ...fake.idToken, xms_edov: '1' };
        expect(provider.grants(await identify())).toBe('all');
      },
    ));

  test('groups that are too many to be told let nobody in', async () =>
    onTrial(await far({ allow: 'group:g-1' }), async ({ fake, provider }, { identify }) => {
      expect(provider.grants(await identify())).toBe('all');
      fake.idToken = { ...fake.idToken, groups: undefined, _claim_names: { groups: 'src1' } };
      expect(provider.grants(await identify())).toBeUndefined();
    }));

  test('a certificate may stand in for the secret: its thumbprint and the token endpoint are named', async () => {
    const { privateKey } = await generateKeyPair('PS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), alg: 'PS256', 'x5t#S256': 'dGh1bWJwcmludC1FWEFNUExF' };
    await onTrial(await far({ privateKey: JSON.stringify(key) }), async ({ fake }) => {
      const { form } = fake.requests.find(({ path }) => path === '/token') ?? {};
      const assertion = form?.get('client_assertion') ?? '';
      expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'PS256', 'x5t#S256': key['x5t#S256'] });
      expect(decodeJwt(assertion)).toMatchObject({
        iss: OUR_APP.clientId,
        sub: OUR_APP.clientId,
        aud: `${fake.url}/${TENANT}/oauth2/v2.0/token`,
      });
      expect(form?.has('client_secret')).toBe(false);
    });
  });

  test('every fault of its settings is told by variable', () => {
    const make =
      (environment: Record<string, string>, production = true) =>
      () =>
        entra().make(environment, { production });
    const whole = { ENTRA_TENANT_ID: TENANT, ENTRA_CLIENT_ID: 'an-app', ENTRA_CLIENT_SECRET: 'an example' };
    const several = { ...whole, ENTRA_TENANT_ID: 'common' };

    expect(make({})).toThrow(/ENTRA_TENANT_ID must be set[\s\S]*ENTRA_CLIENT_ID must be set/);
    expect(make({ ...whole, ENTRA_TENANT_ID: 'contoso.com' })).toThrow('ENTRA_TENANT_ID must be the id of a tenant');
    expect(make({ ...whole, ENTRA_CLIENT_SECRET: '' })).toThrow('ENTRA_CLIENT_SECRET or ENTRA_PRIVATE_KEY must be set');
    expect(make(several)).toThrow('ENTRA_ALLOW must say who may come in');
    expect(make({ ...whole, ENTRA_TENANT_ID: 'consumers' })).toThrow('ENTRA_ALLOW must say who may come in');
    expect(make({ ...several, ENTRA_ALLOW: 'role:Admin' })).toThrow('ENTRA_ALLOW may have group: and role: for one');
    expect(make({ ...several, ENTRA_ALLOW: 'anyone' })()).toMatchObject({ name: 'entra' });
    expect(make(several, false)()).toMatchObject({ name: 'entra' });
    expect(make(whole)()).toMatchObject({
      server: {
        issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
        authorization: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize`,
      },
    });
  });
});
