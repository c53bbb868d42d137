import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidToken } from '../../src/core/errors.ts';
import { CLOCK_SKEW, checkClaims } from '../../src/gate/claims.ts';
import { claimsOf, expectRefused, ISSUER, keyPair, NOW, type Pair, RA, RB, signed, verifierOf } from './tokens.ts';

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

describe('time', () => {
  it.each([
    [undefined, 'no_expiry'],
    [String(NOW + 60), 'bad_exp'],
    [null, 'bad_exp'],
    [-1, 'bad_exp'],
    [1e308, 'lives_too_long'],
    [(NOW + 60) * 1000, 'lives_too_long'],
    [0, 'expired'],
  ])('JW-16 refuses the expiry %j', async (exp, reason) => {
    await refuses({ exp }, reason);
  });

  it('JW-16 bounds the lifetime, with and without a time of issue', async () => {
    const hour = verifierOf([pair], { maxLifetime: 3600 });
    await verify({ iat: NOW, exp: NOW + 3600 }, hour);
    await verify({ iat: undefined, exp: NOW + 3600 }, hour);
    await refuses({ iat: NOW, exp: NOW + 3600 + CLOCK_SKEW + 1 }, 'lives_too_long', hour);
    await refuses({ iat: undefined, exp: NOW + 3600 + CLOCK_SKEW + 1 }, 'lives_too_long', hour);
    await refuses({ iat: NOW - 7200, exp: NOW + 60 }, 'lives_too_long', hour);
  });

  it('JW-17 allows one skew of at most 60 s at every edge', async () => {
    expect(CLOCK_SKEW).toBeLessThanOrEqual(60);
    await refuses({ exp: NOW - CLOCK_SKEW - 1 }, 'expired');
    await refuses({ exp: NOW - CLOCK_SKEW }, 'expired');
    await verify({ exp: NOW - CLOCK_SKEW + 1 });
    await refuses({ nbf: NOW + CLOCK_SKEW + 1 }, 'not_yet_valid');
    await verify({ nbf: NOW + CLOCK_SKEW - 1 });
    await refuses({ iat: NOW + CLOCK_SKEW + 1 }, 'issued_in_future');
    await verify({ iat: NOW + CLOCK_SKEW - 1 });
  });

  it.each([
    ['nbf', '1', 'bad_nbf'],
    ['nbf', null, 'bad_nbf'],
    ['iat', {}, 'bad_iat'],
    ['iat', -5, 'bad_iat'],
  ])('JW-17 refuses %s = %j', async (name, value, reason) => {
    await refuses({ [name]: value }, reason);
  });
});

describe('audience and issuer', () => {
  it.each([
    RB,
    'https://rs.test',
    `${RA}/`,
    `${RA}-admin`,
    `${RA}?x`,
    `${RA}#`,
    'https://RS.test/a/mcp',
    'https://rs.test:443/a/mcp',
    'https://rs.test/%61/mcp',
    'client-1',
    '*',
    'https://rs.*',
    `${RA} ${RB}`,
    '',
  ])('JW-18 refuses the audience %j at RA', async (aud) => {
    await refuses({ aud }, 'wrong_audience');
    await refuses({ aud: [aud] }, 'wrong_audience');
    await verify({ aud: RA });
  });

  it.each([
    [undefined],
    [null],
    [5],
    [{}],
    [[]],
    [[null, RA]],
    [[RA, {}]],
    [[RA, RA]],
    [[[RA]]],
    [Array.from({ length: 700 }, () => RA)],
  ])('JW-19 refuses the malformed audience %j', async (aud) => {
    await refuses({ aud }, 'wrong_audience');
  });

  it('JW-19 takes a token that names nobody where other claims tell whom it is for, and none that names another', async () => {
    const trusting = verifierOf([pair], { audienceMayBeAbsent: true });
    for (const aud of [undefined, RA]) expect(await verify({ aud }, trusting)).toMatchObject({ resource: RA });
    for (const aud of [RB, [], null, '']) await refuses({ aud }, 'wrong_audience', trusting);
    await refuses({ aud: undefined }, 'wrong_audience');
  });

  it('JW-20 takes one audience only, unless several are allowed for the issuer', async () => {
    expect(await verify({ aud: [RA] })).toMatchObject({ resource: RA });
    await refuses({ aud: [RB, RA] }, 'wrong_audience');
    const generous = verifierOf([pair], { allowMultiAudience: true });
    expect(await verify({ aud: [RB, RA] }, generous)).toMatchObject({ resource: RA });
    const malformed = [[null, RA], [RA, {}], [[RA], RA], [], Array.from({ length: 101 }, () => RA)];
    for (const aud of [[RB, `${RA}/`], ...malformed]) await refuses({ aud }, 'wrong_audience', generous);
  });

  it('XM-01 refuses a token for RA at RB and at the prefix sibling', async () => {
    const token = await signed(pair, claimsOf());
    expect(await verifier.verify(token, at)).toMatchObject({ resource: RA });
    for (const other of [RB, `${RA}-admin`]) {
      await expect(verifier.verify(token, new URL(other))).rejects.toMatchObject({ reason: 'wrong_audience' });
    }
  });

  it('takes a resource at the origin root by its canonical name', async () => {
    const token = await signed(pair, claimsOf({ aud: 'https://rs.test' }));
    expect(await verifier.verify(token, new URL('https://rs.test'))).toMatchObject({ resource: 'https://rs.test' });
  });

  it.each([
    `${ISSUER}/`,
    'https://AS.test',
    'http://as.test',
    `${ISSUER}:443`,
    'https://as.test.evil.test',
    [ISSUER],
    undefined,
    null,
    '',
  ])('JW-21 refuses the issuer %j', async (iss) => {
    await refuses({ iss }, 'wrong_issuer');
    await verify({ iss: ISSUER });
  });
});

describe('binding', () => {
  it.each([{ jkt: 'abc' }, { 'x5t#S256': 'abc' }, {}, null])(
    'JW-23 refuses a token bound to a key: cnf %j',
    async (cnf) => {
      await refuses({ cnf }, 'bound_token');
    },
  );
});

describe('checkClaims', () => {
  const expected = { issuer: ISSUER, audiences: [RA], allowMultiAudience: false, maxLifetime: 86_400 };

  it('passes or refuses with InvalidToken whatever the claims hold', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(ISSUER, RA, NOW, NOW + 60));
    const names = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'cnf', '__proto__'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (claims) => {
        try {
          checkClaims({ ...claimsOf(), ...claims }, expected, NOW);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidToken);
        }
      }),
    );
  });

  it('takes no audience but the exact one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((tail) => RA + tail),
        ),
        (aud) => {
          const check = () => checkClaims(claimsOf({ aud }), expected, NOW);
          if (aud === RA) expect(check).not.toThrow();
          else expect(check).toThrow(InvalidToken);
        },
      ),
    );
  });

  it('JW-17 holds a token good exactly from nbf to exp, skew allowed for', () => {
    const time = fc.integer({ min: NOW - 100, max: NOW + 100 });
    fc.assert(
      fc.property(time, time, (nbf, exp) => {
        const good = nbf <= NOW + CLOCK_SKEW && exp > NOW - CLOCK_SKEW;
        const check = () => checkClaims(claimsOf({ nbf, exp, iat: undefined }), expected, NOW);
        if (good) expect(check).not.toThrow();
        else expect(check).toThrow(InvalidToken);
      }),
    );
  });
});
