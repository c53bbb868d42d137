import { describe, expect, test } from 'vitest';
import { readTokens } from '../../../src/authorization/upstream/upstream-tokens.ts';

const answer = { access_token: 'a-1', token_type: 'bearer' as const };
const reading = { asked: ['openid', 'repo'], now: 1000 };

describe('the tokens of a provider', () => {
  test('CO-14 carry the scopes that it has granted, more or fewer; those that were asked for where it says nothing', () => {
    expect(readTokens(answer, reading).scopes).toEqual(['openid', 'repo']);
    expect(readTokens({ ...answer, scope: 'repo' }, reading).scopes).toEqual(['repo']);
    expect(readTokens({ ...answer, scope: '' }, reading).scopes).toEqual([]);
    expect(readTokens({ ...answer, scope: 'openid repo  admin' }, reading).scopes).toEqual(['openid', 'repo', 'admin']);
  });

  test.each([
    [3600, 4600],
    [0, 1000],
    [-1, 1000],
    [1e12, 1000 + 366 * 86_400],
    [1.9, 1001],
    [undefined, undefined],
  ])('CO-15 with a lifetime of %s end at %s', (lifetime, expiresAt) => {
    const said = lifetime === undefined ? answer : { ...answer, expires_in: lifetime };
    expect(readTokens(said, reading).expiresAt).toBe(expiresAt);
  });

  test('that could not be sent in a header, or are of another kind, are refused', () => {
    expect(() => readTokens({ ...answer, access_token: 'a\r\nb' }, reading)).toThrow('access_token');
    expect(() => readTokens({ ...answer, token_type: 'dpop' }, reading)).toThrow('token_type');
    expect(readTokens({ ...answer, refresh_token: '' }, reading).refreshToken).toBeUndefined();
  });
});
