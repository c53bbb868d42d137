import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkUpstream } from '../../../src/authorization/upstream/upstream-check.ts';
import type { UpstreamProvider } from '../../../src/gate/upstream-provider.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { impatientFetch } from '../../support/providers/provider-deps.ts';

let fake: FakeUpstream;
beforeEach(async () => {
  fake = await fakeUpstream();
});
afterEach(() => fake.close());

const CALLBACK = 'https://rs.test/auth/callback/example';
const found = (changes: Partial<UpstreamProvider> = {}) =>
  checkUpstream({
    provider: exampleProvider(fake, changes),
    callbackUrl: CALLBACK,
    fetch: impatientFetch,
    clock: () => Math.floor(Date.now() / 1000),
  });
const verdicts = async (changes: Partial<UpstreamProvider> = {}) =>
  (await found(changes)).map(({ item, verdict }) => `${item} ${verdict}`);
const answered = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  fake.routes.set('/token', () => ({ status, body, headers }));

describe('a provider that people sign in at', () => {
  it('fits where it refuses a made-up code and takes our app; nobody is sent there', async () => {
    expect(await verdicts()).toEqual(['metadata fits', 'credentials fits']);
    expect(fake.count('/authorize')).toBe(0);
    const [asked] = fake.requests.filter(({ path }) => path === '/token');
    expect(asked?.form.get('redirect_uri')).toBe(CALLBACK);
  });

  it.each([
    ['with invalid_client', 401, { error: 'invalid_client' }, {}],
    ['by status, as RFC 6749 §5.2 says, under another name', 401, { error: 'access_denied' }, {}],
    ['with a challenge', 401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }],
    ['with 401 and words of its own', 401, { errorCode: 'invalid_client' }, {}],
    ['with 400', 400, { error: 'invalid_client' }, {}],
    ['as unauthorized', 400, { error: 'unauthorized_client' }, {}],
  ])('that refuses our app %s does not fit', async (_how, status, body, headers) => {
    answered(status, body, headers);
    expect(await verdicts()).toEqual(['metadata fits', 'credentials unfit']);
    const [, { sentence } = { sentence: '' }] = await found();
    expect(sentence).toMatch(/^It refuses our app \(.*\): compare client id, secret and how the secret is sent/);
  });

  it.each([
    [400, { error: 'invalid_request' }, 'advice'],
    [400, { error: 'redirect_uri_mismatch' }, 'advice'],
    [500, { error: 'server_error' }, 'unanswered'],
    [429, { error: 'slow_down' }, 'unanswered'],
    [200, '<h1>Hello</h1>', 'unanswered'],
    [401, { error: 'invalid_grant' }, 'fits'],
  ])('that answers %s %j is judged so: %s', async (status, body, verdict) => {
    answered(status, body);
    expect(await verdicts()).toEqual(['metadata fits', `credentials ${verdict}`]);
  });

  it('by its own words for a code that is no good fits as well', async () => {
    answered(200, { error: 'bad_verification_code' });
    const quirks = { errorsWith200: true, endedErrors: ['bad_verification_code'] };
    expect(await verdicts({ quirks })).toEqual(['metadata fits', 'credentials fits']);
    answered(200, { error: 'incorrect_client_credentials' });
    expect(await verdicts({ quirks })).toEqual(['metadata fits', 'credentials unfit']);
  });

  it('must be found under its issuer', async () => {
    const discovery = '/.well-known/openid-configuration';
    fake.routes.set(discovery, () => ({ body: { issuer: 'https://elsewhere.example' } }));
    expect(await verdicts()).toEqual(['metadata unfit']);
    fake.routes.set(discovery, () => ({ status: 503 }));
    expect(await verdicts()).toEqual(['metadata unanswered']);
    expect(fake.count('/token')).toBe(0);
  });
});
