import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type HuggingFaceOptions, huggingface } from '../../providers/huggingface.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid, OUR_APP, PEOPLE } from '../support/providers/fake-openid.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const ADA = '63b6f2e752c02ae8acbaa4d8';
const acme = { sub: '62d648291fa3e4e7ae3fa6e8', name: 'Acme', preferred_username: 'acme', roleInOrg: 'write' };

const far = (options: HuggingFaceOptions = {}): Promise<FakeOpenid> =>
  fakeOpenid({
    people: {
      ada: { ...PEOPLE.ada, sub: ADA, isPro: false, orgs: [acme] },
      grace: { ...PEOPLE.grace, sub: '63b6f2e752c02ae8acbaa4d9', orgs: [] },
    },
    renamed: { preferred_username: 'renamed', name: 'Ada Lovelace' },
    unverified: { email_verified: false },
    // The ID token tells no organisations.
    idToken: () => ({ orgs: undefined }),
    outages: (fake) => ({
      'the profile answers 500': () => fake.routes.set('/userinfo', () => ({ status: 500, body: '' })),
      'the profile has had enough of us': () => fake.routes.set('/userinfo', () => ({ status: 429, body: '' })),
    }),
    make: ({ issuer }) => huggingface({ ...OUR_APP, issuer, ...options }),
  });

describe('huggingface keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far({ scopes: () => 'all' })));
});

describe('huggingface', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  test('whoever is of the organisation signs in, and nobody else', async () => {
    const { fake, provider, close } = await far({ allow: 'org:Acme' });
    open.push({ close });
    const world = await startWorld({ settings: { auth: provider } });
    open.push(world);
    expect(decodeJwt((await signIn(world.url)).access)).toMatchObject({ sub: `huggingface:${ADA}`, name: 'Ada' });

    fake.routes.set('/userinfo', () => ({ body: { sub: ADA, orgs: [{ ...acme, preferred_username: 'acme-2' }] } }));
    expect((await authorize(world.url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('an organisation that still wants single sign-on or a second factor lets nobody in', async () =>
    onTrial(await far({ allow: 'org:acme' }), async ({ fake, provider }, { identify }) => {
      expect(provider.grants(await identify())).toBe('all');
      for (const wanted of ['pendingSSO', 'missingMFA']) {
        fake.routes.set('/userinfo', () => ({ body: { sub: ADA, orgs: [{ ...acme, [wanted]: true }] } }));
        expect(provider.grants(await identify())).toBeUndefined();
      }
    }));

  test('the profile must be of whom the ID token names', async () =>
    onTrial(await far(), async ({ fake }, { identify, failure }) => {
      fake.routes.set('/userinfo', () => ({ body: { sub: 'another', orgs: [acme] } }));
      expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
    }));

  test('production wants to know who may come in', () => {
    const make = (production: boolean, allow?: string) => () =>
      huggingface({ ...OUR_APP, ...(allow && { allow }) }).make({}, { production });
    expect(make(true)).toThrow('HUGGINGFACE_ALLOW must say who may come in');
    expect(make(true, 'anyone')()).toMatchObject({ server: { issuer: 'https://huggingface.co' } });
    expect(make(false)()).toMatchObject({ name: 'huggingface' });
  });
});
