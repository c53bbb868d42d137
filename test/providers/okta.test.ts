import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OktaOptions, okta } from '../../providers/okta.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { providerLaws } from '../contracts/index.ts';
import { directFlows, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { OKTA } from '../support/providers/okta.ts';
import { made, providerDeps } from '../support/providers/provider-deps.ts';

const PATH = '/oauth2/aus1fake';
/** The person stands in `uid`, the client in `cid`, the scopes in `scp` one by one. */
const spell = ({ client_id, sub, scope, ...claims }: Readonly<Record<string, unknown>>) => ({
  uid: sub,
  sub: 'uid' in claims ? sub : 'ada@example.test',
  ...claims,
  cid: client_id,
  scp: typeof scope === 'string' ? scope.split(' ') : scope,
});
const others = {
  'an ID token': [{ aud: 'app', jti: 'ID.EXAMPLE', client_id: undefined, scope: undefined }],
  'an ID token of an app that is called as the resource': [{ jti: 'ID.EXAMPLE' }],
  'a token of the organization’s own server': [{ iss: 'https://acme.okta.test', aud: 'https://acme.okta.test' }],
  'a token of an app that is not its own subject': [{ uid: undefined, sub: 'somebody-else' }],
} as const;

describe('okta', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(okta(), { OKTA_ISSUER: issuer }),
        path: PATH,
        spell,
        header: { typ: undefined },
        others,
        app: { uid: undefined },
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) => tell(flow, OKTA, ({ issuer }) => okta({ issuer })));
});

const RESOURCE = 'https://rs.test/a/mcp';
const NOW = 1_800_000_000;
let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(PATH);
});
afterEach(() => fake.close());

const verify = async (options: OktaOptions, changes: Record<string, unknown> = {}, as = OKTA.person) => {
  const asked = { audience: RESOURCE, client: '0oa1fake', scopes: ['notes:read'], issuer: fake.issuer };
  const token = await fake.sign({ ...as(asked), iat: NOW, exp: NOW + 3600, ...changes }, { typ: undefined });
  return made(okta({ issuer: fake.issuer, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
};

describe('an access token of Okta', () => {
  it('is of the person for good, whatever their login is', async () => {
    const principal = await verify({});
    expect(principal).toMatchObject({ subject: '00u1fakeuser', clientId: '0oa1fake', kind: 'user' });
    expect(principal.claims.sub).toBe('ada@example.test');
    expect([...principal.scopes]).toEqual(['openid', 'notes:read']);
    expect(principal.email).toBeUndefined();
  });

  it('is a machine’s where it names no person', async () => {
    expect(await verify({}, {}, OKTA.machine)).toMatchObject({ subject: '0oa1fake', kind: 'machine' });
    for (const uid of [undefined, null, 7]) {
      await expect(verify({}, { uid })).rejects.toMatchObject({ reason: 'no_user_id' });
    }
  });

  it('may be of some clients alone', async () => {
    expect(await verify({ clients: ['0oa1fake', '0oa2'] })).toBeDefined();
    await expect(verify({ clients: ['0oa2'] })).rejects.toMatchObject({ reason: 'client_not_allowed' });
  });

  it('may have the audience of its server in place of ours; the one that all apps share only for clients that are named', async () => {
    const own = { acceptAudiencesInsteadOfResource: ['api://notes'] };
    expect(await verify(own, { aud: 'api://notes' })).toMatchObject({ resource: RESOURCE });
    await expect(verify(own)).rejects.toMatchObject({ reason: 'wrong_audience' });
    await expect(verify({}, { aud: 'api://notes' })).rejects.toMatchObject({ reason: 'wrong_audience' });
    const shared = { acceptAudiencesInsteadOfResource: () => ['api://default'] };
    await expect(verify(shared, { aud: 'api://default' })).rejects.toMatchObject({ reason: 'shared_audience' });
    expect(await verify({ ...shared, clients: ['0oa1fake'] }, { aud: 'api://default' })).toBeDefined();
  });
});

describe('the settings of okta', () => {
  const OKTA_ISSUER = 'https://acme.okta.com/oauth2/default';
  const fault =
    'OKTA_ISSUER must be the issuer of a custom authorization server, such as https://acme.okta.com/oauth2/default: tokens of the organization’s own server are for Okta’s API alone';

  it.each([
    'https://acme.okta.com',
    'https://acme.okta.com/',
    'https://acme.okta.com/oauth2',
    'https://acme.okta.com/oauth2/v1',
    'https://acme.okta.com/oauth2/v1/keys',
  ])('refuse %s: it is not a custom authorization server', (issuer) => {
    expect(() => made(okta(), { OKTA_ISSUER: issuer })).toThrow(new ConfigError([fault]));
  });

  it('want clients beside the audience that all apps share', () => {
    const shared = { OKTA_ISSUER, OKTA_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: 'api://default' };
    expect(() => made(okta(), shared)).toThrow(/^.*OKTA_CLIENTS must name the clients whose tokens are taken/s);
    expect(made(okta(), { ...shared, OKTA_CLIENTS: '0oa1' })).toMatchObject({ kind: 'direct', issuer: OKTA_ISSUER });
    expect(made(okta(), { OKTA_ISSUER }, true)).toMatchObject({ issuer: OKTA_ISSUER });
  });
});
