import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type CognitoOptions, cognito } from '../../providers/cognito.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid, OUR_APP } from '../support/providers/fake-openid.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const ADA = '248289dc-0000-4000-8000-f2f44a000001';
const userPoolId = 'eu-central-1_FAKEPOOL1';

/** Cognito's dialect: truth as text, no scope in token answers, no successor of a refresh token, errors without words. */
const far = (options: CognitoOptions = {}): Promise<FakeOpenid> =>
  fakeOpenid({
    people: {
      ada: {
        sub: ADA,
        'cognito:username': 'ada',
        'cognito:groups': ['staff'],
        email: 'ada@example.com',
        email_verified: 'true',
      },
      grace: { sub: '248289dc-0000-4000-8000-f2f44a000002', 'cognito:username': 'grace' },
    },
    renamed: { preferred_username: 'countess', email: 'renamed@example.com' },
    unverified: { email_verified: 'false' },
    tokens: { scope: undefined },
    idToken: () => ({ token_use: 'id', version: 2 }),
    answer: (body, isRefresh) => (isRefresh ? { ...body, refresh_token: undefined } : body),
    refusal: (error) => ({ status: 400, body: { error } }),
    paths: { '/oauth2/authorize': '/authorize', '/oauth2/token': '/token', '/.well-known/jwks.json': '/jwks' },
    make: ({ issuer }) => cognito({ ...OUR_APP, userPoolId, domain: issuer, issuer, ...options }),
  });

describe('cognito keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far({ allow: 'group:staff' })));
});

describe('cognito', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  test('a person of a group signs in, and nobody else', async () => {
    const { fake, provider, close } = await far({ allow: 'group:staff' });
    open.push({ close });
    const world = await startWorld({ settings: { auth: provider } });
    open.push(world);
    const { access } = await signIn(world.url);
    expect(decodeJwt(access)).toMatchObject({ sub: `cognito:${ADA}`, email: 'ada@example.com' });
    expect(fake.requests.some(({ query, form }) => query.has('resource') || form.has('resource'))).toBe(false);

    fake.idToken = { ...fake.idToken, 'cognito:groups': ['staffing'] };
    expect((await authorize(world.url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('a token of the pool that is no ID token for us signs nobody in', async () =>
    onTrial(await far(), async ({ fake }, { identify, failure }) => {
      const good = fake.idToken;
      for (const claims of [{ token_use: 'access' }, { token_use: undefined }, { aud: 'another-client' }]) {
        fake.idToken = { ...good, ...claims };
        expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
      }
    }));

  test('every fault of its settings is told by variable', () => {
    const make = (environment: Record<string, string>) => () => cognito().make(environment, { production: true });
    const whole = {
      COGNITO_USER_POOL_ID: userPoolId,
      COGNITO_DOMAIN: 'https://acme.auth.eu-central-1.amazoncognito.com',
      COGNITO_CLIENT_ID: '1example23456789',
      COGNITO_CLIENT_SECRET: 'an example',
    };
    expect(make({})).toThrow(
      /COGNITO_USER_POOL_ID must[\s\S]*COGNITO_DOMAIN must[\s\S]*_CLIENT_ID must[\s\S]*_SECRET must/,
    );
    expect(make({ ...whole, COGNITO_USER_POOL_ID: 'FAKEPOOL1' })).toThrow('must be the id of a user pool');
    expect(make({ ...whole, COGNITO_DOMAIN: 'acme' })).toThrow('COGNITO_DOMAIN must be a URL');
    expect(make(whole)()).toMatchObject({
      server: {
        issuer: `https://cognito-idp.eu-central-1.amazonaws.com/${userPoolId}`,
        token: 'https://acme.auth.eu-central-1.amazoncognito.com/oauth2/token',
      },
    });
  });
});
