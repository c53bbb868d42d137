import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { keySet } from '../../src/gate/key-set.ts';
import { usableKey } from '../../src/gate/usable-key.ts';
import { keyPair } from './tokens.ts';

let ec: JWK;
let rsa: JWK;
let ed: JWK;

beforeAll(async () => {
  [ec, rsa, ed] = (await Promise.all([keyPair('ES256'), keyPair('RS256'), keyPair('EdDSA')])).map(({ jwk }) => jwk) as [
    JWK,
    JWK,
    JWK,
  ];
});

/** A source over `keys` with the warnings it wrote. */
function source(keys: readonly unknown[]) {
  const warnings: unknown[] = [];
  const log = { ...silentLog, warn: (event: string, fields?: object) => warnings.push({ event, ...fields }) };
  return { pick: keySet({ keys }, { log }), warnings };
}

const weakRsa = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

describe('keySet', () => {
  it('picks a key by kid for each algorithm that fits it', async () => {
    const open = { ...rsa, alg: undefined };
    const { pick, warnings } = source([ec, open, ed]);
    expect(await pick({ alg: 'ES256', kid: 'ES256-1' })).toMatchObject({ type: 'public', usages: ['verify'] });
    expect((await pick({ alg: 'RS256', kid: 'RS256-1' }))?.algorithm.name).toBe('RSASSA-PKCS1-v1_5');
    expect((await pick({ alg: 'PS512', kid: 'RS256-1' }))?.algorithm.name).toBe('RSA-PSS');
    expect((await pick({ alg: 'EdDSA', kid: 'EdDSA-1' }))?.algorithm.name).toBe('Ed25519');
    expect(warnings).toEqual([]);
  });

  it('imports a key once', async () => {
    const { pick } = source([ec]);
    expect(await pick({ alg: 'ES256', kid: 'ES256-1' })).toBe(await pick({ alg: 'ES256', kid: 'ES256-1' }));
  });

  it('JW-03 finds no key for an algorithm that does not fit it or its alg', async () => {
    const { pick } = source([ec, rsa]);
    for (const [alg, kid] of [
      ['RS256', 'ES256-1'],
      ['ES384', 'ES256-1'],
      ['PS256', 'RS256-1'],
      ['HS256', 'RS256-1'],
    ] as const) {
      expect(await pick({ alg, kid })).toBeUndefined();
    }
    expect(await pick({ alg: 'RS256', kid: 'RS256-1' })).toBeDefined();
  });

  it('JW-07 picks without kid only where one key fits', async () => {
    const second = (await keyPair('ES256', { kid: 'other' })).jwk;
    expect(await source([ec, rsa]).pick({ alg: 'ES256', kid: undefined })).toBeDefined();
    expect(await source([ec, second]).pick({ alg: 'ES256', kid: undefined })).toBeUndefined();
    expect(await source([ec, second]).pick({ alg: 'ES256', kid: 'other' })).toBeDefined();
    expect(await source([{ ...ec, kid: undefined }]).pick({ alg: 'ES256', kid: 'ES256-1' })).toBeUndefined();
  });

  it('JW-06 finds no key under names that every object has', async () => {
    const { pick } = source([ec]);
    for (const kid of ['__proto__', 'constructor', 'toString', '']) {
      expect(await pick({ alg: 'ES256', kid })).toBeUndefined();
    }
  });

  it('JW-04 JW-32 leaves unusable keys out with one warning, and the rest works', async () => {
    const { pick, warnings } = source([
      { kty: 'oct', k: 'c2VjcmV0', kid: 'o' },
      weakRsa(),
      { ...rsa, kid: 'enc', use: 'enc' },
      { ...rsa, kid: 'ops', key_ops: ['encrypt'] },
      { ...rsa, kid: 'n', n: undefined },
      { kty: 'XYZ', kid: 'x' },
      null,
      'text',
      ec,
    ]);
    expect(warnings).toEqual([
      {
        event: 'keys_skipped',
        skipped: [
          { index: 0, reason: 'secret_or_private' },
          { index: 1, reason: 'bad_modulus_length' },
          { index: 2, reason: 'not_for_signatures' },
          { index: 3, reason: 'not_to_verify' },
          { index: 4, reason: 'malformed' },
          { index: 5, reason: 'unsupported_algorithm' },
          { index: 6, reason: 'not_an_object' },
          { index: 7, reason: 'not_an_object' },
        ],
      },
    ]);
    for (const kid of ['o', 'enc', 'ops', 'n', 'x']) expect(await pick({ alg: 'RS256', kid })).toBeUndefined();
    expect(await pick({ alg: 'ES256', kid: 'ES256-1' })).toBeDefined();
  });

  it('JW-32 leaves out all keys that share a kid', async () => {
    const twin = { ...(await keyPair('ES256')).jwk };
    const { pick, warnings } = source([ec, rsa, twin]);
    expect(warnings).toEqual([
      {
        event: 'keys_skipped',
        skipped: [
          { index: 0, reason: 'repeated_kid' },
          { index: 2, reason: 'repeated_kid' },
        ],
      },
    ]);
    expect(await pick({ alg: 'ES256', kid: 'ES256-1' })).toBeUndefined();
    expect(await pick({ alg: 'ES256', kid: undefined })).toBeUndefined();
    expect(await pick({ alg: 'RS256', kid: 'RS256-1' })).toBeDefined();
  });

  it('JW-32 looks at 100 keys of a set and no more', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ ...ec, kid: `k${index}` }));
    const { pick, warnings } = source(many);
    expect(await pick({ alg: 'ES256', kid: 'k99' })).toBeDefined();
    expect(await pick({ alg: 'ES256', kid: 'k100' })).toBeUndefined();
    expect(warnings).toEqual([{ event: 'keys_skipped', skipped: [{ index: 100, reason: 'too_many_keys' }] }]);
  });

  it('JW-32 does not let a member named __proto__ change any object', async () => {
    const hostile: unknown = JSON.parse(`{"__proto__":{"polluted":true},${JSON.stringify(ec).slice(1)}`);
    expect(await source([hostile]).pick({ alg: 'ES256', kid: 'ES256-1' })).toBeDefined();
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('usableKey', () => {
  it.each([
    ['a private key', { d: 'AA' }, 'secret_or_private'],
    ['a kid that is no text', { kid: 5 }, 'bad_kid'],
    ['an endless kid', { kid: 'k'.repeat(257) }, 'bad_kid'],
    ['key_ops that is no list', { key_ops: 'verify' }, 'not_to_verify'],
    ['an alg that does not fit', { alg: 'RS256' }, 'unsupported_algorithm'],
    ['an alg that is no text', { alg: ['ES256'] }, 'unsupported_algorithm'],
    ['an unknown curve', { crv: 'P-1' }, 'unsupported_algorithm'],
    ['a point off the curve', { y: 'A'.repeat(43) }, 'malformed'],
    ['a type that is no text', { kty: ['EC'] }, 'unsupported_algorithm'],
    ['a curve that cannot be written as text', { crv: { toString: 5 } }, 'unsupported_algorithm'],
    ['a coordinate that is no text', { x: 5 }, 'malformed'],
  ])('refuses %s', (_, changes, reason) => {
    expect(usableKey({ ...ec, ...changes })).toBe(reason);
    expect(usableKey({ ...ec, key_ops: ['verify'], kid: undefined, alg: undefined })).toMatchObject({
      algorithms: ['ES256'],
    });
  });

  it.each(['AQ', 'Ag', 'BA', '____________'])('refuses the RSA exponent %s', (e) => {
    expect(usableKey({ ...rsa, e })).toBe('bad_exponent');
    expect(usableKey({ ...rsa, e: 'AQAB' })).toMatchObject({ algorithms: ['RS256'] });
  });

  it('refuses an RSA modulus above 8192 bits, which would make each check dear', () => {
    const n = Buffer.alloc(1025, 0xff).toString('base64url');
    expect(usableKey({ ...rsa, n })).toBe('bad_modulus_length');
  });

  it('JW-15 refuses Ed25519 keys of small order, under which anybody can sign', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519' };
    const points = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ].map((hex) => Buffer.from(hex, 'hex'));
    for (const point of points) {
      const signed = Buffer.from(point);
      signed.writeUInt8(signed.readUInt8(31) | 0x80, 31);
      for (const bytes of [point, signed]) {
        expect(usableKey({ ...jwk, x: bytes.toString('base64url') })).toBe('small_order_point');
      }
    }
    expect(usableKey(ed)).toMatchObject({ algorithms: ['EdDSA'] });
  });
});
