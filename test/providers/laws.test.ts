import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { jwt } from '../../providers/jwt.ts';
import { InvalidToken } from '../../src/core/errors.ts';
import type { KeysProvider } from '../../src/gate/provider.ts';
import { providerLaws } from '../contracts/index.ts';
import type { FakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { made } from '../support/providers/provider-deps.ts';

type Claims = Record<string, unknown>;

/** What careless verifiers do: believe what the token says. */
const credulous: KeysProvider = {
  kind: 'keys',
  name: 'credulous',
  verifier: () => ({
    async verify(token, resource) {
      const [, payload = ''] = token.split('.');
      const { sub, iss, exp, scope, email }: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}');
      return {
        subject: String(sub),
        clientId: String(sub),
        scopes: new Set(String(scope).split(' ')),
        issuer: String(iss),
        resource: resource.href,
        expiresAt: Number(exp),
        kind: 'user',
        ...(typeof email === 'string' && { email }),
        claims: {},
      };
    },
  }),
};

/** Takes an outage for a bad token. */
const blaming = (fake: FakeIssuer): KeysProvider => ({
  kind: 'keys',
  name: 'blaming',
  verifier: (deps) => {
    const { verify } = made(jwt({ issuer: fake.issuer })).verifier(deps);
    return {
      verify: (token, resource) =>
        verify(token, resource).catch((error: unknown) => {
          throw error instanceof InvalidToken ? error : new InvalidToken('could_not_verify');
        }),
    };
  },
});

const others = { 'an ID token': [{ aud: 'app', nonce: 'n' }, { typ: 'JWT' }] } as const;

describe('the laws of providers', () => {
  it.each(providerLaws)('are broken by one who believes everything: $title', async (law) => {
    const check = law.check(() => startJwtUnderTest({ provider: () => credulous, others }));
    await expect(check).rejects.toBeInstanceOf(AssertionError);
  });

  it('are broken by one who blames the token for an outage', async () => {
    const [law] = providerLaws.filter(({ title }) => title.startsWith('answers 503'));
    const check = law?.check(() => startJwtUnderTest({ provider: blaming }));
    await expect(check).rejects.toThrow(/^with status 500, before anything was known of the issuer\n\n?401 !== 503/);
  });
});
