import assert from 'node:assert/strict';
import type { Principal } from '../../src/core/principal.ts';
import type { Verifier } from '../../src/gate/verifier.ts';

/** Claims by name. One that is undefined is left out of the token. */
export type Claims = Readonly<Record<string, unknown>>;

/** A provider of yours over an issuer that runs for one law. The law closes what it was given. */
export interface ProviderUnderTest {
  readonly verifier: Verifier;
  /** The resource that good tokens are for. */
  readonly resource: string;
  readonly issuer: string;
  /** Seconds since 1970, by the clock that the verifier was handed. */
  now(): number;
  /** Moves that clock. */
  advance(seconds: number): void;
  /**
   * A token of the person `person` from the app `app` with the scopes `a` and `b`, good for ten minutes, as the issuer
   * gives it. `changes` are to its claims, under the names of RFC 9068; an issuer that has other names translates them.
   */
  mint(changes?: Claims): Promise<string>;
  /** Whether its tokens must say when they end. */
  readonly needsExpiry: boolean;
  /** What else the issuer gives, by what it is: ID tokens, refresh tokens, sessions, tokens of another tenant. All good there. */
  readonly others: Readonly<Record<string, () => Promise<string>>>;
  /** A token without scopes that an app was given for itself, where apps are given such. */
  readonly mintForApp?: () => Promise<string>;
  /** Where tokens are signed JWTs. */
  readonly signing?: SigningUnderTest;
  /** Where the provider asks its issuer, at every new token or for keys. */
  readonly remote?: RemoteUnderTest;
  close(): Promise<void>;
}

/** What forgers of signed tokens do. */
export interface SigningUnderTest {
  /** A good token under a header with `changes`; signed by the issuer, or by a key of a stranger. */
  sign(changes: Claims, by?: 'issuer' | 'stranger'): Promise<string>;
  /** The public key that the issuer signs with, as PEM (SPKI). */
  publicKey(): Promise<string>;
  /** Publishes one more key of the same algorithm beside the first. */
  publishAnother?(): Promise<void>;
}

/** A far side that can be broken. */
export interface RemoteUnderTest {
  /** Every way of being broken, by name. */
  readonly ways: readonly string[];
  /** From now on it answers in this way. */
  break(way: string): void;
  /** From now on it answers as it should; the law then lets a minute pass. */
  heal(): void;
}

/** One promise of a provider's verifier. `check` rejects with an AssertionError when it is broken. */
export interface ProviderLaw {
  readonly title: string;
  check(start: () => Promise<ProviderUnderTest>): Promise<void>;
}

/** What a law asks with. Every refusal has its twin: a good token is taken before and after. */
export interface Trial {
  refuses(token: string | Promise<string>, what: string): Promise<void>;
  accepts(token: string | Promise<string>, what?: string): Promise<Principal>;
}

/** A law over one fresh provider, which is closed whatever becomes of the law. */
export function law(title: string, body: (subject: ProviderUnderTest, trial: Trial) => Promise<void>): ProviderLaw {
  return {
    title,
    async check(start) {
      const subject = await start();
      try {
        const trial = trialOf(subject);
        await trial.accepts(subject.mint(), 'a good token, before');
        await body(subject, trial);
        await trial.accepts(subject.mint({ jti: 'after' }), 'a good token, after');
      } finally {
        await subject.close();
      }
    },
  };
}

function trialOf({ verifier, resource }: ProviderUnderTest): Trial {
  const ask = async (token: string | Promise<string>) => verifier.verify(await token, new URL(resource));
  return {
    async refuses(token, what) {
      const answer = await ask(token).then(
        () => 'accepted',
        (error: unknown) => error,
      );
      assert.notEqual(answer, 'accepted', `${what} was accepted`);
      const { code, status } = answer as { readonly code?: unknown; readonly status?: unknown };
      assert.deepEqual([code, status], ['invalid_token', 401], `${what} was refused with ${answer}`);
    },
    accepts: (token, what = 'a good token') =>
      ask(token).catch((error: unknown) => assert.fail(`${what} was refused with ${error}`)),
  };
}
