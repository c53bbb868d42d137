import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { keySet } from '../../src/gate/key-set.ts';
import { claimsOf, expectRefused, ISSUER, keyPair, type Pair, RA, signed, signedText, verifierOf } from './tokens.ts';

const at = new URL(RA);

let es256: Pair;
let rs256: Pair;
let verifier: ReturnType<typeof verifierOf>;

beforeAll(async () => {
  [es256, rs256] = await Promise.all([keyPair('ES256'), keyPair('RS256')]);
  verifier = verifierOf([es256, rs256]);
});

const encode = (text: string) => Buffer.from(text).toString('base64url');
const refuses = (token: string, reason: string, by = verifier) => expectRefused(token, reason, by);

describe('algorithms and keys', () => {
  it('JW-01 refuses unsigned tokens however they spell it', async () => {
    const [, , signature] = (await signed(es256, claimsOf())).split('.');
    for (const alg of ['none', 'None', 'nOnE', '']) {
      const unsigned = `${encode(JSON.stringify({ alg, typ: 'at+jwt' }))}.${encode(JSON.stringify(claimsOf()))}`;
      await refuses(`${unsigned}.`, 'not_a_compact_jws');
      await refuses(`${unsigned}.AAAA`, 'algorithm_not_allowed');
      await refuses(`${unsigned}.${signature}`, 'algorithm_not_allowed');
    }
    await verifier.verify(await signed(rs256, claimsOf()), at);
  });

  it('JW-02 refuses HS256 keyed with the public RSA key in any writing', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }));
    const secrets = [pem, ` ${pem}`, `\n${pem}`, pem.replaceAll('\n', '\r\n'), der, der.toString('base64'), jwk];
    for (const secret of secrets) {
      const bytes = Uint8Array.from(Buffer.from(secret));
      const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
      const forged = { privateKey: key, jwk: { kid: 'RS256-1', alg: 'HS256' } };
      await refuses(await signed(forged, claimsOf()), 'algorithm_not_allowed');
    }
  });

  it('JW-03 verifies only the algorithms on the list, also under a key without alg', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n = '', e = '' } = privateKey.export({ format: 'jwk' });
    const subtle = (name: string, hash: string) => privateKey.toCryptoKey({ name, hash }, true, ['sign']);
    const pair = (alg: string, name: string, hash: string) => ({
      privateKey: subtle(name, hash),
      jwk: { kty: 'RSA', n, e, kid: 'r', alg },
    });
    const open = { kty: 'RSA', n, e, kid: 'r' };
    const only = verifierOf([], {
      keys: keySet({ keys: [open] }, { log: silentLog }),
      algorithms: ['RS256', 'ES256'],
    });
    const good = pair('RS256', 'RSASSA-PKCS1-v1_5', 'SHA-256');
    await only.verify(await signed(good, claimsOf()), at);
    await refuses(await signed(pair('PS256', 'RSA-PSS', 'SHA-256'), claimsOf()), 'algorithm_not_allowed', only);
    await refuses(
      await signed(pair('RS512', 'RSASSA-PKCS1-v1_5', 'SHA-512'), claimsOf()),
      'algorithm_not_allowed',
      only,
    );
    await refuses(await signed(es256, claimsOf(), { kid: 'r' }), 'unknown_key', only);
    const [, payload, signature] = (await signed(good, claimsOf())).split('.');
    for (const [alg, reason] of [
      ['RS1', 'algorithm_not_allowed'],
      ['HS256', 'algorithm_not_allowed'],
      ['ES256', 'unknown_key'],
    ] as const) {
      const header = encode(JSON.stringify({ alg, typ: 'at+jwt', kid: 'r' }));
      await refuses(`${header}.${payload}.${signature}`, reason, only);
    }
  });

  it.each([undefined, 5, ['ES256'], 'X'.repeat(5000), 'XX256', null, {}, 'es256', '__proto__'])(
    'JW-05 refuses the alg %j',
    async (alg) => {
      const header = JSON.stringify({ alg, typ: 'at+jwt', kid: 'ES256-1' });
      await refuses(await signedText(es256, header, JSON.stringify(claimsOf())), 'algorithm_not_allowed');
    },
  );

  it.each([
    ['../../etc/passwd', 'unknown_key'],
    ["' OR 1=1--", 'unknown_key'],
    ['__proto__', 'unknown_key'],
    ['constructor', 'unknown_key'],
    ['k\r\nINFO forged', 'unknown_key'],
    ['', 'unknown_key'],
    ['k'.repeat(4000), 'bad_kid'],
    [7, 'bad_kid'],
    [{ a: 1 }, 'bad_kid'],
    [null, 'bad_kid'],
  ])('JW-06 refuses the kid %j', async (kid, reason) => {
    const header = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid });
    await refuses(await signedText(es256, header, JSON.stringify(claimsOf())), reason);
  });

  it('JW-06 logs at most 64 characters of an unknown kid', async () => {
    const lines: unknown[] = [];
    const log = { ...silentLog, debug: (event: string, fields?: object) => lines.push({ event, ...fields }) };
    const kid = 'k'.repeat(200);
    await refuses(await signed(es256, claimsOf(), { kid }), 'unknown_key', verifierOf([es256], { log }));
    expect(lines).toEqual([{ event: 'key_unknown', issuer: ISSUER, alg: 'ES256', kid: 'k'.repeat(64) }]);
  });

  it('JW-09 ignores keys that the token brings or points to', async () => {
    const own = await keyPair('ES256', { kid: 'own' });
    for (const header of [
      { jwk: own.jwk },
      { jku: 'https://evil.test/jwks' },
      { x5u: 'https://evil.test/x5u' },
      { x5c: ['MIIB'] },
    ]) {
      await refuses(await signed(own, claimsOf(), header), 'unknown_key');
      await refuses(await signed(own, claimsOf(), { ...header, kid: 'ES256-1' }), 'bad_signature');
    }
  });

  it('JW-15 refuses a key source that answers a key of another curve', async () => {
    const p384 = await keyPair('ES384');
    const wrong = verifierOf([], {
      keys: () => keySet({ keys: [p384.jwk] }, { log: silentLog })({ alg: 'ES384', kid: undefined }),
    });
    await refuses(await signed(es256, claimsOf()), 'unverifiable', wrong);
  });

  it('JW-27 answers Unavailable while the keys cannot be had and recovers by itself', async () => {
    let down = true;
    const healthy = keySet({ keys: [es256.jwk] }, { log: silentLog });
    const keys: typeof healthy = (hint) => (down ? Promise.reject(new Error('connect ECONNREFUSED')) : healthy(hint));
    const flaky = verifierOf([], { keys });
    const token = await signed(es256, claimsOf());
    const fault = flaky.verify(token, at);
    await expect(fault).rejects.toBeInstanceOf(Unavailable);
    await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable' });
    down = false;
    expect(await flaky.verify(token, at)).toMatchObject({ subject: 'user-1' });
  });
});
