import { CompactEncrypt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, expectRefused, keyPair, type Pair, RA, RB, signed, signedText, verifierOf } from './tokens.ts';

const at = new URL(RA);

let es256: Pair;
let rs256: Pair;
let verifier: ReturnType<typeof verifierOf>;

beforeAll(async () => {
  [es256, rs256] = await Promise.all([keyPair('ES256'), keyPair('RS256')]);
  verifier = verifierOf([es256, rs256]);
});

const HEADER = '{"alg":"ES256","typ":"at+jwt","kid":"ES256-1"}';
const encode = (text: string) => Buffer.from(text).toString('base64url');
const refuses = (token: string, reason: string, by = verifier) => expectRefused(token, reason, by);

describe('form', () => {
  it.each([
    ['crit of a registered claim', { crit: ['exp'], exp: 1 }],
    ['crit b64', { crit: ['b64'], b64: true }],
    ['crit b64 false', { crit: ['b64'], b64: false }],
    ['unknown crit', { crit: ['x-unknown'], 'x-unknown': 1 }],
    ['empty crit', { crit: [] }],
    ['crit text', { crit: 'exp' }],
    ['crit null', { crit: null }],
    ['crit of an absent header', { crit: ['b64'] }],
  ])('JW-10 refuses %s', async (_, more) => {
    const header = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'ES256-1', ...more });
    await refuses(await signedText(es256, header, JSON.stringify(claimsOf())), 'critical_extension');
  });

  it('JW-10 ignores unknown header members that are not critical', async () => {
    const token = await signed(es256, claimsOf(), { 'x-unknown': 1, x5t: 'abc' });
    expect(await verifier.verify(token, at)).toMatchObject({ subject: 'user-1' });
  });

  it('JW-11 refuses anything that is not a three-part JWS, without running any cryptography', async () => {
    const jwe = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claimsOf())))
      .setProtectedHeader({ alg: 'dir', enc: 'A128GCM' })
      .encrypt(new Uint8Array(16));
    const pbes2 = `${encode('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}')}.AA.AA.AA.AA`;
    const [header, payload, signature] = (await signed(es256, claimsOf())).split('.');
    const serialised = JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    let asked = 0;
    const keys = async () => {
      asked += 1;
      return undefined;
    };
    const counting = verifierOf([], { keys });
    for (const token of [jwe, pbes2, serialised, '', '.', '..', `${header}.${payload}`, `${header}..${signature}`]) {
      await refuses(token, 'not_a_compact_jws', counting);
    }
    await refuses(`${header}.${payload}.${signature}.AA`, 'not_a_compact_jws', counting);
    expect(asked).toBe(0);
    const nested = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'ES256-1', cty: 'JWT' });
    await refuses(await signedText(es256, nested, `${header}.${payload}.${signature}`), 'not_json');
  });

  it.each([
    ['null', 'not_a_json_object'],
    ['[]', 'not_a_json_object'],
    ['"x"', 'not_a_json_object'],
    ['1', 'not_a_json_object'],
    ['{', 'not_json'],
    ['\ufeff{}', 'not_json'],
  ])('JW-12 refuses the payload and the header %j', async (text, reason) => {
    await refuses(await signedText(es256, HEADER, text), reason);
    await refuses(await signedText(es256, text, JSON.stringify(claimsOf())), reason);
  });

  it('JW-12 refuses empty objects and bytes that are not UTF-8', async () => {
    await refuses(await signedText(es256, HEADER, '{}'), 'wrong_issuer');
    await refuses(await signedText(es256, '{}', JSON.stringify(claimsOf())), 'algorithm_not_allowed');
    const broken = Buffer.concat([Buffer.from('{"iss":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]);
    await refuses(await signedText(es256, HEADER, broken), 'not_json');
    await refuses(await signedText(es256, broken, '{}'), 'not_json');
  });

  it('LG-02 keeps the words of the parser, which quote the token, out of the error', async () => {
    const fault = verifier.verify(await signedText(es256, HEADER, 'sensitive words'), at);
    await expect(fault).rejects.toMatchObject({ reason: 'not_json' });
    await expect(fault).rejects.not.toHaveProperty('cause');
  });

  it('JW-13 goes by the last of duplicate members, in header and payload', async () => {
    const text = (changes: string) => `${JSON.stringify(claimsOf()).slice(0, -1)},${changes}}`;
    await refuses(await signedText(es256, HEADER, text(`"aud":"${RB}"`)), 'wrong_audience');
    await refuses(await signedText(es256, HEADER, text('"iss":"https://evil.test"')), 'wrong_issuer');
    await refuses(
      await signedText(es256, `${HEADER.slice(0, -1)},"alg":"none"}`, text('"jti":"x"')),
      'algorithm_not_allowed',
    );
    const narrowed = await verifier.verify(await signedText(es256, HEADER, text('"scope":"a:read"')), at);
    expect(narrowed.scopes).toEqual(new Set(['a:read']));
    expect(narrowed.claims).toMatchObject({ scope: 'a:read' });
  });

  it('JW-14 refuses every other spelling of a token', async () => {
    const token = await signed(es256, claimsOf());
    await verifier.verify(token, at);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.slice(-1));
    // 64 signature bytes leave four unused bits in the last character.
    for (let bits = 1; bits < 16; bits += 1) {
      await refuses(token.slice(0, -1) + alphabet[last ^ bits], 'not_canonical_base64url');
    }
    for (const spelling of [`${token}\n`, `${token}=`, `${token} `, ` ${token}`, token.replace('.', '=.')]) {
      await refuses(spelling, 'not_canonical_base64url');
    }
  });

  it('JW-15 refuses signatures in another alphabet, form or length', async () => {
    const token = await signed(es256, claimsOf());
    const [header, payload, signature = ''] = token.split('.');
    const raw = Buffer.from(signature, 'base64url');
    const spaced = `${signature.slice(0, 8)} ${signature.slice(8)}`;
    await refuses(`${header}.${payload}.${spaced}`, 'not_canonical_base64url');
    await refuses(`${header}.${payload}.${raw.toString('base64')}`, 'not_canonical_base64url');
    const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([0x02, 33, 0]), bytes]);
    const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
    for (const bytes of [der, Buffer.alloc(64), raw.subarray(0, 63), Buffer.concat([raw, Buffer.from([0])])]) {
      await refuses(`${header}.${payload}.${bytes.toString('base64url')}`, 'bad_signature');
    }
    const [rsaHeader, rsaPayload, rsaSignature = ''] = (await signed(rs256, claimsOf())).split('.');
    const short = Buffer.from(rsaSignature, 'base64url').subarray(1).toString('base64url');
    await refuses(`${rsaHeader}.${rsaPayload}.${short}`, 'bad_signature');
  });

  it('JW-22 takes access tokens only, in any spelling of their type', async () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) {
      expect(await verifier.verify(await signed(es256, claimsOf(), { typ }), at)).toMatchObject({
        subject: 'user-1',
      });
    }
    const others = [
      'JWT',
      'logout+jwt',
      'dpop+jwt',
      'oauth-id-jag+jwt',
      'token-introspection+jwt',
      'client-authentication+jwt',
    ];
    for (const typ of [undefined, '', 1, ['at+jwt'], 'text/at+jwt', 'application/application/at+jwt', ...others]) {
      await refuses(await signed(es256, claimsOf({ nonce: 'n' }), { typ }), 'wrong_type');
    }
  });

  it('JW-35 refuses forged tokens with deep or wide payloads at once', async () => {
    const deep = `{"a":${'['.repeat(2500)}${']'.repeat(2500)}}`;
    const wide = `{${Array.from({ length: 700 }, (_, index) => `"k${index}":1`).join(',')}}`;
    const [header, , signature] = (await signed(es256, claimsOf())).split('.');
    for (const payload of [deep, wide]) {
      await refuses(`${header}.${encode(payload)}.${signature}`, 'bad_signature');
      await refuses(await signedText(es256, HEADER, payload), 'wrong_issuer');
    }
  });

  it('PP-01 does not let a claim named __proto__ reach any object', async () => {
    const text = `${JSON.stringify(claimsOf()).slice(0, -1)},"__proto__":{"polluted":true},"constructor":{"prototype":1}}`;
    const principal = await verifier.verify(await signedText(es256, HEADER, text), at);
    expect(principal).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });
});
