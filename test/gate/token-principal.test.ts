import { beforeAll, describe, expect, it } from 'vitest';
import { principalKey } from '../../src/core/principal.ts';
import { decide } from '../../src/gate/decide.ts';
import { scopesOf } from '../../src/gate/token-principal.ts';
import { claimsOf, expectRefused, ISSUER, keyPair, type Pair, RA, signed, verifierOf } from './tokens.ts';

const at = new URL(RA);
let pair: Pair;
let verifier: ReturnType<typeof verifierOf>;

beforeAll(async () => {
  pair = await keyPair('ES256');
  verifier = verifierOf([pair]);
});

const verify = async (changes: Record<string, unknown>, by = verifier) =>
  by.verify(await signed(pair, claimsOf(changes)), at);

const refuses = async (changes: Record<string, unknown>, reason: string, by = verifier) =>
  expectRefused(await signed(pair, claimsOf(changes)), reason, by);

describe('caller', () => {
  it.each([undefined, '', 5, null, {}, ['u'], 'u'.repeat(256)])('JW-24 refuses the subject %j', async (sub) => {
    await refuses({ sub }, 'bad_subject');
  });

  it.each([undefined, '', 5, null, ['c'], 'c'.repeat(2049)])('JW-24 refuses the client %j', async (client_id) => {
    await refuses({ client_id }, 'bad_client_id');
  });

  it('JW-24 keeps subjects with separators apart', async () => {
    const subjects = ['a:b', 'a|b', 'a\nb', 'a', 'A', 'u'.repeat(255)];
    const keys = await Promise.all(subjects.map(async (sub) => principalKey(await verify({ sub }))));
    expect(new Set(keys).size).toBe(subjects.length);
  });

  it('tells machines by gh_kind or by a subject that is the client', async () => {
    expect(await verify({ gh_kind: 'user' })).toMatchObject({ kind: 'user' });
    expect(await verify({ gh_kind: undefined })).toMatchObject({ kind: 'user' });
    expect(await verify({ gh_kind: 'machine' })).toMatchObject({ kind: 'machine' });
    expect(await verify({ gh_kind: undefined, sub: 'client-1' })).toMatchObject({ kind: 'machine' });
  });

  it('lets another issuer map its claims in its own way', async () => {
    const azp = verifierOf([pair], {
      principalOf: (claims, resource) => ({
        subject: String(claims.sub),
        clientId: String(claims.azp),
        scopes: new Set(),
        issuer: ISSUER,
        resource,
        expiresAt: Number(claims.exp),
        kind: 'user',
        claims,
      }),
    });
    expect(await verify({ client_id: undefined, azp: 'app' }, azp)).toMatchObject({ clientId: 'app' });
  });
});

describe('scopes', () => {
  it.each([
    ['a text', { scope: 'a:read a:write' }, ['a:read', 'a:write']],
    ['an array', { scope: ['a:read', 'a:write'] }, ['a:read', 'a:write']],
    ['scp as a text', { scp: 'a:read' }, ['a:read']],
    ['scp as an array', { scp: ['a:read'] }, ['a:read']],
    ['scope before scp', { scope: 'a:read', scp: 'a:admin' }, ['a:read']],
    ['words with a comma between, as one scope', { scope: 'a:read,a:write' }, ['a:read,a:write']],
  ])('JW-25 reads %s', (_, claims, expected) => {
    expect([...scopesOf(claims)]).toEqual(expected);
  });

  it.each([
    ['two spaces', { scope: 'a:read  a:write' }],
    ['a space at the end', { scope: 'a:read ' }],
    ['null, even beside scp', { scope: null, scp: 'a:read' }],
    ['a quote', { scope: 'a:read "' }],
    ['a number', { scope: 5 }],
    ['an object', { scope: { 'a:read': true } }],
    ['an array with a number', { scope: ['a:read', 5] }],
    ['an array with two words in one', { scope: ['a:read a:write'] }],
    ['a newline', { scope: 'a:read\na:write' }],
    ['nothing', {}],
    ['the empty text', { scope: '' }],
  ])('JW-25 reads %s as no scopes', (_, claims) => {
    expect(scopesOf(claims).size).toBe(0);
  });

  it('JW-25 answers 403, not 401, to a token whose scope is malformed', async () => {
    const resource = { scopes: new Map() };
    const principal = await verify({ scope: 'a:read  a:write' });
    expect(() => decide(principal, ['a:read'], resource)).toThrow('The call needs more scope.');
    expect(() => decide(principal, [], resource)).not.toThrow();
  });
});
