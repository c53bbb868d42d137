import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidToken } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { Verifier } from '../../src/gate/verifier.ts';
import { issuerOf, verifierChain } from '../../src/gate/verifier-chain.ts';
import { claimsOf, ISSUER, keyPair, NOW, type Pair, RA, signed, signedText, verifierOf } from './tokens.ts';

const OTHER = 'https://other.test';
const at = new URL(RA);
const keyOwner: Principal = {
  subject: 'key-1',
  clientId: 'key-1',
  scopes: new Set(),
  issuer: 'keys',
  resource: RA,
  expiresAt: NOW + 60,
  kind: 'key',
  claims: {},
};

let ours: Pair;
let theirs: Pair;
let chain: Verifier;

beforeAll(async () => {
  ours = await keyPair('ES256', { kid: 'same' });
  theirs = await keyPair('ES256', { kid: 'same' });
  chain = verifierChain([
    { accepts: (token) => token.startsWith('key_'), verifier: { verify: async () => keyOwner } },
    { accepts: (token) => issuerOf(token) === ISSUER, verifier: verifierOf([ours]) },
    { accepts: (token) => issuerOf(token) === OTHER, verifier: verifierOf([theirs], { issuer: OTHER }) },
  ]);
});

describe('verifierChain', () => {
  it('sends each credential to the one verifier of its looks', async () => {
    expect(await chain.verify('key_abc', at)).toBe(keyOwner);
    expect(await chain.verify(await signed(ours, claimsOf()), at)).toMatchObject({ issuer: ISSUER });
    expect(await chain.verify(await signed(theirs, claimsOf({ iss: OTHER })), at)).toMatchObject({ issuer: OTHER });
  });

  it('JW-08 refuses a token of one issuer signed with the key of another, under the same kid', async () => {
    for (const [pair, iss] of [
      [theirs, ISSUER],
      [ours, OTHER],
    ] as const) {
      const fault = chain.verify(await signed(pair, claimsOf({ iss })), at);
      await expect(fault).rejects.toMatchObject({ code: 'invalid_token', reason: 'bad_signature' });
    }
  });

  it('never shows a refused token to the next verifier', async () => {
    let shown = 0;
    const second: Verifier = {
      verify: async () => {
        shown += 1;
        return keyOwner;
      },
    };
    const refusing = verifierChain([
      { accepts: () => true, verifier: verifierOf([ours]) },
      { accepts: () => true, verifier: second },
    ]);
    await expect(refusing.verify('key_abc', at)).rejects.toBeInstanceOf(InvalidToken);
    expect(shown).toBe(0);
  });

  it('refuses a credential that no link accepts', async () => {
    for (const token of ['opaque', await signed(ours, claimsOf({ iss: 'https://evil.test' }))]) {
      const fault = chain.verify(token, at);
      await expect(fault).rejects.toMatchObject({ code: 'invalid_token', reason: 'unknown_kind_of_token' });
    }
  });

  it('XM-08 keeps the same subject of two issuers apart', async () => {
    const first = await chain.verify(await signed(ours, claimsOf()), at);
    const second = await chain.verify(await signed(theirs, claimsOf({ iss: OTHER })), at);
    expect(first.subject).toBe(second.subject);
    expect(first.issuer).not.toBe(second.issuer);
  });
});

describe('issuerOf', () => {
  it('reads the claimed issuer without looking at the signature', async () => {
    expect(issuerOf(await signed(theirs, claimsOf()))).toBe(ISSUER);
  });

  it('finds none where the issuer is no text', async () => {
    for (const iss of [undefined, null, 5, [ISSUER]]) {
      expect(issuerOf(await signedText(ours, '{}', JSON.stringify({ iss })))).toBeUndefined();
    }
  });

  it('finds none in any text that is not a canonical JWS, and never throws', () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        expect(['undefined', 'string']).toContain(typeof issuerOf(parts.join('.')));
      }),
    );
  });
});
