import assert from 'node:assert/strict';
import { type UpstreamExchange, upstreamExchange } from '../../src/authorization/upstream/upstream-exchange.ts';
import { silentLog } from '../../src/core/log.ts';
import { providerFetch } from '../../src/core/provider-fetch.ts';
import type { Identity, UpstreamProvider, UpstreamTokens } from '../../src/gate/upstream-provider.ts';

/** What a token endpoint answers with 200. */
export interface TokenAnswer {
  /** Media type. */
  readonly type: string;
  readonly body: string;
}

/** A provider of yours that people sign in at, over a server that speaks as it does and runs for one law. */
export interface UpstreamUnderTest {
  readonly provider: UpstreamProvider;
  /** Signs somebody in at the page that a browser is sent to; the answer is what the callback is told. */
  signIn(url: URL, person: 'ada' | 'grace'): Promise<URLSearchParams>;
  /** Gives ada another name, login and the like. Her account stays. */
  rename(): void;
  /** From now on ada's e-mail address is not verified; undefined where the provider tells none. */
  readonly unverify?: () => void;
  /** Every way of being out, by name, at each endpoint that a sign-in needs. */
  readonly outages: readonly string[];
  /** From now on it is out in that way. */
  break(way: string): void;
  /** From now on its token endpoint answers so, with the status 200. */
  readonly answerToken?: (answer: TokenAnswer) => void;
  /** From now on it takes our app for another, or its secret for wrong. */
  refuseApp(): void;
  /** From now on it is itself again. */
  heal(): void;
  /** Ends what ada was given, where a refresh token comes with a sign-in. */
  readonly endSignIn?: () => void;
  /** Puts tokens that another app was given in place of ours, where the provider can be asked whose they are. */
  readonly answerForOtherApp?: () => void;
  close(): Promise<void>;
}

/** One promise of a provider that people sign in at. `check` rejects with an AssertionError when it is broken. */
export interface UpstreamLaw {
  readonly title: string;
  check(start: () => Promise<UpstreamUnderTest>): Promise<void>;
}

/** A sign-in as our authorization server goes through it. */
export interface UpstreamTrial {
  readonly exchange: UpstreamExchange;
  tokens(person?: 'ada' | 'grace'): Promise<UpstreamTokens>;
  identify(person?: 'ada' | 'grace'): Promise<Identity>;
  /** Asks about somebody again, by the access token of a sign-in; undefined where the provider cannot be asked. */
  readonly recheck: ((tokens: UpstreamTokens, known: Identity) => Promise<Identity>) | undefined;
  /** Who signed in, by what came with the code. */
  whoIs(tokens: UpstreamTokens): Promise<Identity>;
  /** How a step fails: the name of its error. Fails where it does not, and where the error tells a token. */
  failure(step: () => Promise<unknown>): Promise<string>;
}

const REDIRECT = 'https://mcp.example.com/auth/callback/under-test';
const secrets = { state: 'a-state-of-some-length', nonce: 'a-nonce-of-some-length', verifier: 'v'.repeat(43) };

/** A law over one fresh provider: somebody can sign in before it and after it. */
export function upstreamLaw(
  title: string,
  body: (subject: UpstreamUnderTest, trial: UpstreamTrial) => Promise<void>,
): UpstreamLaw {
  return {
    title,
    async check(start) {
      const subject = await start();
      try {
        const trial = await trialOf(subject);
        await trial.identify();
        await body(subject, trial);
        subject.heal();
        await trial.identify();
      } finally {
        await subject.close();
      }
    },
  };
}

async function trialOf(subject: UpstreamUnderTest): Promise<UpstreamTrial> {
  const { provider } = subject;
  const fetch = providerFetch(globalThis.fetch, { timeoutMs: 1500 });
  const exchange = await upstreamExchange({ provider, fetch, clock: () => Math.floor(Date.now() / 1000) });
  const seen = new Set<string>();
  const tokens = async (person: 'ada' | 'grace' = 'ada'): Promise<UpstreamTokens> => {
    const url = await exchange.authorizationUrl(secrets, REDIRECT, 'https://mcp.example.com/notes/mcp');
    const given = await exchange.redeem(await subject.signIn(url, person), secrets, REDIRECT);
    seen.add(given.accessToken);
    if (given.refreshToken !== undefined) seen.add(given.refreshToken);
    return given;
  };
  const deps = { fetch, log: silentLog, userinfo: exchange.userinfo };
  return {
    exchange,
    tokens,
    identify: async (person) => provider.identify(await tokens(person), deps),
    whoIs: (given) => provider.identify(given, deps),
    recheck:
      provider.recheck &&
      (async ({ accessToken, scopes, idToken }, known) => {
        const renewed = provider.renewsIdToken && idToken ? { idToken } : {};
        return (await provider.recheck?.({ accessToken, scopes, answer: {}, ...renewed }, known, deps)) ?? known;
      }),
    async failure(step) {
      const outcome = await step().then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(outcome instanceof Error, 'the step did not fail');
      const told = `${outcome.message} ${outcome.stack} ${JSON.stringify(outcome)} ${String(outcome.cause)}`;
      for (const token of seen) assert.ok(!told.includes(token), 'an error tells a token');
      return outcome.name;
    },
  };
}
