import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/principal.ts';
import { looksLikeJwt, shapeConflicts, type TokenShape, verifierByShape } from '../../src/gate/token-shape.ts';
import type { Verifier } from '../../src/gate/verifier.ts';
import { claimsOf, ISSUER, keyPair, RA, signed } from './tokens.ts';

const OTHER = 'https://other.test';

/** A verifier that answers who was asked. */
const answering = (name: string): Verifier => ({
  verify: async (): Promise<Principal> => ({
    subject: name,
    clientId: name,
    scopes: new Set(),
    issuer: name,
    resource: RA,
    expiresAt: Infinity,
    kind: 'key',
    claims: {},
  }),
});

const shaped = (name: string, ...tokens: TokenShape[]) => ({ name, tokens, verifier: answering(name) });

describe('verifierByShape', () => {
  const all = verifierByShape([
    shaped('opaque', { shape: 'opaque' }),
    shaped('ours', { shape: 'jwt', issuer: ISSUER }),
    shaped('theirs', { shape: 'jwt', issuer: OTHER }),
    shaped('keys', { shape: 'prefix', prefix: 'key_' }),
  ]);
  const asked = async (token: string) => (await all.verify(token, new URL(RA))).subject;

  it('asks the one whose tokens look so, in whatever order they were named', async () => {
    const pair = await keyPair('ES256');
    expect(await asked('key_abc')).toBe('keys');
    expect(await asked(await signed(pair, claimsOf()))).toBe('ours');
    expect(await asked(await signed(pair, claimsOf({ iss: OTHER })))).toBe('theirs');
    expect(await asked('2YotnFZFEjr1zCsicMWpAA')).toBe('opaque');
    expect(await asked('a.b.c')).toBe('opaque');
  });

  it('refuses JWTs of nobody, encrypted and spoiled ones, rather than take them for opaque', async () => {
    const token = await signed(await keyPair('ES256'), claimsOf({ iss: 'https://evil.test' }));
    const encrypted = `${Buffer.from('{"alg":"dir","enc":"A128GCM"}').toString('base64url')}..a.b.c`;
    for (const each of [token, encrypted, `${token}=`, token.slice(0, token.lastIndexOf('.'))]) {
      expect(looksLikeJwt(each)).toBe(true);
      await expect(asked(each)).rejects.toMatchObject({ code: 'invalid_token', reason: 'unknown_kind_of_token' });
    }
  });
});

describe('shapeConflicts', () => {
  it('finds none where every token can be of one only', () => {
    const jwts = [ISSUER, OTHER, `${ISSUER}/`].map((issuer) => shaped(issuer, { shape: 'jwt', issuer }));
    const keys = [shaped('a', { shape: 'prefix', prefix: 'a_' }), shaped('b', { shape: 'prefix', prefix: 'b_' })];
    expect(shapeConflicts([...jwts, ...keys, shaped('rest', { shape: 'opaque' })])).toEqual([]);
  });

  it('names both, and what they would share', () => {
    const twice = (shape: TokenShape, other = shape) => shapeConflicts([shaped('one', shape), shaped('two', other)]);
    expect(twice({ shape: 'jwt', issuer: ISSUER })).toEqual([
      `auth: one and two would both take JWTs of the issuer ${ISSUER}; keep one of them`,
    ]);
    expect(twice({ shape: 'opaque' })).toEqual(['auth: one and two would both take opaque tokens; keep one of them']);
    const [a, ab] = [
      { shape: 'prefix', prefix: 'a_' },
      { shape: 'prefix', prefix: 'a_b_' },
    ] as const;
    expect(twice(a, ab)).toEqual(['auth: one and two would both take tokens that begin with "a_b_"; keep one of them']);
    expect(twice(ab, a)).toHaveLength(1);
  });
});
