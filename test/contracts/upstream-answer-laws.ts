import assert from 'node:assert/strict';
import { type TokenAnswer, type UpstreamLaw, type UpstreamTrial, upstreamLaw } from './upstream-law.ts';

const REDIRECT = 'https://mcp.example.com/auth/callback/under-test';
const MOUNT = 'https://mcp.example.com/notes/mcp';
const secrets = { state: 'a-state-of-some-length', nonce: 'a-nonce-of-some-length', verifier: 'v'.repeat(43) };

const TOKEN = 'a-token-of-nobody-EXAMPLE';
/** Answers with the status of a good one, none of which gives a token. */
const NO_TOKENS: Readonly<Record<string, TokenAnswer>> = {
  'an error with 200': {
    type: 'application/json',
    body: '{"error":"invalid_grant","error_description":"Told in words."}',
  },
  'an error beside a token': {
    type: 'application/json',
    body: `{"ok":false,"error":"invalid_grant","token_type":"bearer"}`,
  },
  'a token in a form': {
    type: 'application/x-www-form-urlencoded',
    body: `access_token=${TOKEN}&token_type=bearer&scope=read`,
  },
  'a token as text': { type: 'text/plain', body: TOKEN },
};

const refusedAs = async ({ failure }: UpstreamTrial, step: () => Promise<unknown>, what: string) =>
  assert.ok(['ProviderRefused', 'BadUpstreamAnswer', 'Unavailable'].includes(await failure(step)), what);

/** What every provider that people sign in at makes of answers, and what it is sent. */
export const upstreamAnswerLaws: readonly UpstreamLaw[] = [
  upstreamLaw('an answer that is no token answer signs nobody in, whatever its status', async (subject, trial) => {
    if (subject.answerToken === undefined) return;
    for (const [what, answer] of Object.entries(NO_TOKENS)) {
      subject.answerToken(answer);
      await refusedAs(trial, () => trial.identify(), what);
      subject.heal();
      await trial.identify();
    }
  }),

  upstreamLaw(
    'a callback that names another issuer is refused and spends no code; its own is taken',
    async (subject, trial) => {
      const { exchange, failure } = trial;
      const answer = await subject.signIn(await exchange.authorizationUrl(secrets, REDIRECT, MOUNT), 'ada');
      const naming = (iss: string) =>
        new URLSearchParams([...[...answer].filter(([name]) => name !== 'iss'), ['iss', iss]]);
      const { issuer } = subject.provider.server;
      for (const other of ['https://elsewhere.example', `${issuer}.evil.example`]) {
        const step = () => exchange.redeem(naming(other), secrets, REDIRECT);
        assert.equal(await failure(step), 'BadUpstreamAnswer', `a callback of ${other}`);
      }
      assert.ok((await exchange.redeem(naming(issuer), secrets, REDIRECT)).accessToken.length > 0);
    },
  ),

  upstreamLaw('the mount is told to nobody who does not ask for it', async ({ provider }, { exchange }) => {
    const { searchParams } = await exchange.authorizationUrl(secrets, REDIRECT, MOUNT);
    const expected = provider.quirks?.forwardResource ? [MOUNT] : [];
    assert.deepEqual(searchParams.getAll('resource'), expected);
    const told = [...searchParams].filter(([name, value]) => name !== 'resource' && value.includes(MOUNT));
    assert.deepEqual(told, []);
  }),
];
