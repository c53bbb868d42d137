import { beforeAll, describe, expect, it } from 'vitest';
import { InsufficientScope, InvalidToken, Unavailable } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { authenticate } from '../../src/gate/authenticate.ts';
import { NoCredentials } from '../../src/gate/challenge.ts';
import { CLOCK_SKEW } from '../../src/gate/claims.ts';
import { decide } from '../../src/gate/decide.ts';
import type { Verifier } from '../../src/gate/verifier.ts';
import { claimsOf, keyPair, NOW, type Pair, RA, RB, signed, verifierOf } from './tokens.ts';

const resource = { uri: RA, scopes: new Map() };
const clock = () => NOW;
let pair: Pair;
let verifier: Verifier;

beforeAll(async () => {
  pair = await keyPair('ES256');
  verifier = verifierOf([pair]);
});

const call = (authorization: string | undefined, by = verifier, url = '/a/mcp') => {
  const rawHeaders = authorization === undefined ? [] : ['Authorization', authorization];
  return authenticate({ rawHeaders, url }, by, resource, clock);
};

/** A verifier that answers a good caller with changes, whatever it is asked. */
const careless = (changes: Partial<Principal>): Verifier => ({
  verify: async () => ({
    subject: 'u',
    clientId: 'c',
    scopes: new Set(),
    issuer: 'https://as.test',
    resource: RA,
    expiresAt: NOW + 60,
    kind: 'user',
    claims: {},
    ...changes,
  }),
});

describe('authenticate', () => {
  it('finds the caller of a request with a good token', async () => {
    expect(await call(`Bearer ${await signed(pair, claimsOf())}`)).toMatchObject({ subject: 'user-1', resource: RA });
  });

  it.each([undefined, '', 'Basic dTpw', 'DPoP abc'])('BH-01 BH-02 rejects with NoCredentials for %j', async (value) => {
    await expect(call(value)).rejects.toBeInstanceOf(NoCredentials);
    await expect(call(value)).rejects.toMatchObject({ status: 401, reason: 'no_credentials' });
  });

  it('BH-07 rejects a token in the query with NoCredentials', async () => {
    const token = await signed(pair, claimsOf());
    await expect(call(undefined, verifier, `/a/mcp?access_token=${token}`)).rejects.toBeInstanceOf(NoCredentials);
  });

  it('BH-06 BH-10 does not ask the verifier about ill-formed, ambiguous or endless tokens', async () => {
    let asked = 0;
    const counting: Verifier = {
      verify: () => {
        asked += 1;
        return careless({}).verify('', new URL(RA));
      },
    };
    for (const value of ['Bearer', 'Bearer "', 'Bearer a b', `Bearer ${'a'.repeat(12_000)}`]) {
      await expect(call(value, counting)).rejects.toHaveProperty('code');
    }
    expect(asked).toBe(0);
    await call('Bearer abc', counting);
    expect(asked).toBe(1);
  });

  it('BH-10 takes a good token of 6 KB', async () => {
    const token = await signed(pair, claimsOf({ extra: 'x'.repeat(4200) }));
    expect(token.length).toBeGreaterThan(6000);
    expect(await call(`Bearer ${token}`)).toMatchObject({ subject: 'user-1' });
  });

  it('BH-12 refuses a token that is expired and lacks scope as expired', async () => {
    const gate = async (exp: number) =>
      decide(await call(`Bearer ${await signed(pair, claimsOf({ exp }))}`), ['a:admin'], resource);
    await expect(gate(NOW - CLOCK_SKEW - 1)).rejects.toBeInstanceOf(InvalidToken);
    await expect(gate(NOW + 60)).rejects.toBeInstanceOf(InsufficientScope);
  });

  it('XM-01 XM-09 refuses a caller of another resource whatever the verifier says', async () => {
    for (const other of [RB, `${RA}/`, `${RA}-admin`, '']) {
      await expect(call('Bearer abc', careless({ resource: other }))).rejects.toMatchObject({
        code: 'invalid_token',
        reason: 'wrong_audience',
      });
    }
    expect(await call('Bearer abc', careless({}))).toMatchObject({ resource: RA });
  });

  it.each([NOW - CLOCK_SKEW, 0, -1, Number.NaN])(
    'refuses a caller whose time is over (%d) whatever the verifier says',
    async (expiresAt) => {
      const fault = call('Bearer abc', careless({ expiresAt }));
      await expect(fault).rejects.toMatchObject({ code: 'invalid_token', reason: 'expired' });
      expect(await call('Bearer abc', careless({ expiresAt: NOW - CLOCK_SKEW + 1 }))).toMatchObject({ subject: 'u' });
    },
  );

  it('hands an outage of the verifier on as it is', async () => {
    const down: Verifier = { verify: () => Promise.reject(new Unavailable('keys_unavailable')) };
    await expect(call('Bearer abc', down)).rejects.toBeInstanceOf(Unavailable);
  });
});
