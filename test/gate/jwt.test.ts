import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { type KeySource, keySet } from '../../src/gate/key-set.ts';
import { claimsOf, expectRefused, ISSUER, keyPair, NOW, type Pair, RA, signed, verifierOf } from './tokens.ts';

const at = new URL(RA);
/** The order of P-256 (FIPS 186-5). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

let es256: Pair;
let rs256: Pair;
let eddsa: Pair;
let verifier: ReturnType<typeof verifierOf>;

beforeAll(async () => {
  [es256, rs256, eddsa] = await Promise.all([keyPair('ES256'), keyPair('RS256'), keyPair('EdDSA')]);
  verifier = verifierOf([es256, rs256, eddsa]);
});

describe('jwtVerifier', () => {
  it('finds the caller of a good token', async () => {
    const claims = claimsOf({ name: 'Ada' });
    expect(await verifier.verify(await signed(es256, claims), at)).toEqual({
      subject: 'user-1',
      clientId: 'client-1',
      scopes: new Set(['a:read', 'a:write']),
      issuer: ISSUER,
      resource: RA,
      expiresAt: NOW + 890,
      kind: 'user',
      name: 'Ada',
      claims,
    });
  });

  it('takes tokens signed with ES256, RS256 and EdDSA', async () => {
    for (const pair of [es256, rs256, eddsa]) {
      expect(await verifier.verify(await signed(pair, claimsOf()), at)).toMatchObject({ subject: 'user-1' });
    }
  });

  it.each([
    [
      'a secret algorithm',
      { algorithms: ['ES256', 'HS256'] },
      'allows the algorithm "HS256"; allow only asymmetric ones',
    ],
    ['no signature', { algorithms: ['none'] }, 'allows the algorithm "none"; allow only asymmetric ones'],
    ['no algorithm', { algorithms: [] }, 'allows no algorithm; name one, such as ES256'],
    ['no type', { types: [] }, 'allows no type; name one, such as at+jwt'],
  ])('is not built with %s', (_, changes, message) => {
    expect(() => verifierOf([es256], changes)).toThrow(ConfigError);
    expect(() => verifierOf([es256], changes)).toThrow(message);
  });
});

describe('revocation', () => {
  it('JW-33 refuses a token of a revoked grant and takes its sibling', async () => {
    const isRevoked = async (claims: Readonly<Record<string, unknown>>) => claims.gid === 'grant-1';
    const asking = verifierOf([es256], { isRevoked });
    await expectRefused(await signed(es256, claimsOf()), 'revoked', asking);
    const sibling = await signed(es256, claimsOf({ gid: 'grant-2' }));
    expect(await asking.verify(sibling, at)).toMatchObject({ subject: 'user-1' });
  });

  it('JW-33 asks on every call, so that a remembered token ends with its revocation', async () => {
    const revoked = new Set<unknown>();
    const asking = verifierOf([es256], {
      cache: { entries: 10, ttl: 60 },
      isRevoked: async ({ jti }) => revoked.has(jti),
    });
    const token = await signed(es256, claimsOf());
    await asking.verify(token, at);
    revoked.add('token-1');
    await expectRefused(token, 'revoked', asking);
    revoked.clear();
    expect(await asking.verify(token, at)).toMatchObject({ subject: 'user-1' });
  });

  it('JW-14 refuses a revoked token under its other valid ECDSA signature too', async () => {
    const revoked = new Set<unknown>();
    const asking = verifierOf([es256], { isRevoked: async ({ jti }) => revoked.has(jti) });
    const token = await signed(es256, claimsOf());
    const [header, payload, signature = ''] = token.split('.');
    const raw = Buffer.from(signature, 'base64url').toString('hex');
    const mirrored = (ORDER - BigInt(`0x${raw.slice(64)}`)).toString(16).padStart(64, '0');
    const twin = `${header}.${payload}.${Buffer.from(raw.slice(0, 64) + mirrored, 'hex').toString('base64url')}`;
    expect(await asking.verify(twin, at)).toMatchObject({ subject: 'user-1' });
    revoked.add('token-1');
    await expectRefused(token, 'revoked', asking);
    await expectRefused(twin, 'revoked', asking);
  });

  it('answers Unavailable when the check fails, and refuses on an answer that is no plain no (D7)', async () => {
    const token = await signed(es256, claimsOf());
    const failing = verifierOf([es256], { isRevoked: () => Promise.reject(new Error('store is gone')) });
    await expect(failing.verify(token, at)).rejects.toBeInstanceOf(Unavailable);
    await expect(failing.verify(token, at)).rejects.toMatchObject({ status: 503, reason: 'revocations_unavailable' });
    const silent = verifierOf([es256], { isRevoked: async () => undefined as unknown as boolean });
    await expectRefused(token, 'revoked', silent);
  });

  it('does not ask about a token that is refused anyway', async () => {
    let asked = 0;
    const isRevoked = async () => {
      asked += 1;
      return false;
    };
    const asking = verifierOf([es256], { isRevoked });
    await expectRefused(await signed(es256, claimsOf({ exp: NOW - 100 })), 'expired', asking);
    expect(asked).toBe(0);
    await asking.verify(await signed(es256, claimsOf()), at);
    expect(asked).toBe(1);
  });
});

describe('memory', () => {
  it('asks for the key once while a token is remembered, and again at its expiry', async () => {
    let asked = 0;
    let now = NOW;
    const inner = keySet({ keys: [es256.jwk] }, { log: silentLog });
    const keys: KeySource = (hint) => {
      asked += 1;
      return inner(hint);
    };
    const remembering = verifierOf([], { keys, cache: { entries: 10, ttl: 3600 }, clock: () => now });
    const token = await signed(es256, claimsOf({ exp: NOW + 100 }));
    const first = await remembering.verify(token, at);
    expect(await remembering.verify(token, at)).toBe(first);
    expect(asked).toBe(1);
    now = NOW + 1000;
    await expectRefused(token, 'expired', remembering);
  });

  it('JW-34 refuses every token of a removed key as soon as the memory is cleared', async () => {
    const all = keySet({ keys: [es256.jwk, rs256.jwk] }, { log: silentLog });
    const rest = keySet({ keys: [rs256.jwk] }, { log: silentLog });
    let trusted = all;
    const remembering = verifierOf([], { keys: (hint) => trusted(hint), cache: { entries: 10, ttl: 3600 } });
    const token = await signed(es256, claimsOf());
    await remembering.verify(token, at);
    trusted = rest;
    remembering.clear();
    await expectRefused(token, 'unknown_key', remembering);
    expect(await remembering.verify(await signed(rs256, claimsOf()), at)).toMatchObject({ subject: 'user-1' });
  });
});
