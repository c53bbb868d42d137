import assert from 'node:assert/strict';
import { checkUpstream } from '../../src/authorization/upstream/upstream-check.ts';
import { upstreamAnswerLaws } from './upstream-answer-laws.ts';
import { type UpstreamLaw, upstreamLaw } from './upstream-law.ts';

/**
 * What every provider that people sign in at promises. Run them as the other laws, over a server that speaks as yours does:
 * `for (const law of upstreamLaws) it(law.title, () => law.check(start))`.
 */
export const upstreamLaws: readonly UpstreamLaw[] = [
  ...upstreamAnswerLaws,
  upstreamLaw(
    'a person is told by what is theirs for good: renamed the same, and somebody else another',
    async (subject, { identify }) => {
      const before = await identify();
      subject.rename();
      const after = await identify();

      assert.equal(after.subject, before.subject);
      assert.notEqual(after.username, before.username);
      assert.notEqual((await identify('grace')).subject, before.subject);
      assert.match(before.subject, /^[\x21-\x7e]{1,200}$/);
    },
  ),

  upstreamLaw('what is told of a person holds no token', async (_subject, { tokens, identify }) => {
    const told = JSON.stringify(await identify());
    const { accessToken } = await tokens();
    assert.ok(!told.includes(accessToken.slice(0, 12)) && !/access_token|refresh_token/.test(told));
  }),

  upstreamLaw('an e-mail address that is not verified is none', async (subject, { identify }) => {
    if (subject.unverify === undefined) return assert.equal((await identify()).email, undefined);
    assert.match(String((await identify()).email), /@/);
    subject.unverify();
    assert.equal((await identify()).email, undefined);
  }),

  upstreamLaw('OP-05 an outage is an outage, at every endpoint, and heals', async (subject, { identify, failure }) => {
    for (const way of subject.outages) {
      subject.break(way);
      assert.equal(await failure(() => identify()), 'Unavailable', way);
      subject.heal();
      await identify();
    }
  }),

  upstreamLaw(
    'an app that the provider refuses is an outage of ours, never the fault of whoever signs in',
    async (subject, { identify, failure }) => {
      subject.refuseApp();
      assert.equal(await failure(() => identify()), 'Unavailable');
    },
  ),

  upstreamLaw('a look with a made-up code tells whether the provider takes our app', async (subject) => {
    const { provider } = subject;
    const clock = () => Math.floor(Date.now() / 1000);
    const parts = { provider, callbackUrl: 'https://mcp.example.com/auth/callback/under-test', fetch, clock };
    const verdict = async () => (await checkUpstream(parts)).find(({ item }) => item === 'credentials')?.verdict;
    assert.equal(await verdict(), 'fits');
    subject.refuseApp();
    assert.equal(await verdict(), 'unfit');
  }),

  upstreamLaw('a code is good once, and a code of nobody never', async (subject, { exchange, failure }) => {
    const state = 'a-state-of-some-length';
    const kept = { state, nonce: 'a-nonce-of-some-length', verifier: 'v'.repeat(43) };
    const redirect = 'https://mcp.example.com/auth/callback/under-test';
    const answer = await subject.signIn(await exchange.authorizationUrl(kept, redirect, ''), 'ada');
    await exchange.redeem(answer, kept, redirect);

    assert.equal(await failure(() => exchange.redeem(answer, kept, redirect)), 'ProviderRefused');
    const invented = new URLSearchParams({ code: 'invented', state });
    assert.equal(await failure(() => exchange.redeem(invented, kept, redirect)), 'ProviderRefused');
    const denied = new URLSearchParams({ error: 'access_denied', error_description: '<b>no</b>', state });
    assert.equal(await failure(() => exchange.redeem(denied, kept, redirect)), 'ProviderRefused');
  }),

  upstreamLaw('tokens of another app tell nobody', async (subject, { identify, failure }) => {
    if (subject.answerForOtherApp === undefined) return;
    subject.answerForOtherApp();
    assert.equal(await failure(() => identify()), 'BadUpstreamAnswer');
  }),

  upstreamLaw(
    'a refresh token renews, and one that has ended says so; an outage meanwhile ends nothing',
    async (subject, { exchange, tokens, failure }) => {
      const { refreshToken } = await tokens();
      if (subject.endSignIn === undefined) return assert.equal(refreshToken, undefined);
      assert.ok(refreshToken !== undefined, 'no refresh token came');
      const [way = ''] = subject.outages;
      subject.break(way);
      assert.equal(await failure(() => exchange.refresh(refreshToken)), 'Unavailable');
      subject.heal();
      const renewed = await exchange.refresh(refreshToken);
      assert.ok(renewed.accessToken.length > 0);
      subject.endSignIn();
      const error = await exchange.refresh(renewed.refreshToken ?? refreshToken).catch((fault: unknown) => fault);
      assert.equal((error as { ended?: unknown }).ended, true);
    },
  ),

  upstreamLaw('asked about again, a person is who they were at the sign-in', async (_subject, trial) => {
    const { exchange, recheck, tokens, whoIs } = trial;
    if (recheck === undefined) return;
    const first = await tokens();
    const known = await whoIs(first);
    const { claims: _known, ...before } = known;
    const { idToken: _none, ...alone } = first;
    const live = [alone, ...(first.refreshToken === undefined ? [] : [await exchange.refresh(first.refreshToken)])];
    for (const each of live) {
      const { claims: _again, ...again } = await recheck(each, known);
      assert.deepEqual(again, before);
    }
  }),

  upstreamLaw('only those who are allowed to come in may hand out scopes', async (subject, { identify }) => {
    const { provider } = subject;
    assert.notEqual(provider.grants(await identify()), undefined);
  }),
];
