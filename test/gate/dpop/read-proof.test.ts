import fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidDpopProof } from '../../../src/gate/dpop/proof-faults.ts';
import { checkProofClaims, PROOF_ALGORITHMS, type ProofTarget, readProof } from '../../../src/gate/dpop/read-proof.ts';
import { newProver, type ProofChoices, type Prover } from '../../support/prover.ts';

const URL_OF_MOUNT = 'https://mcp.example/notes/mcp';
const NOW = 1_800_000_000;
const target: ProofTarget = { method: 'POST', url: URL_OF_MOUNT, token: 'a-token' };
let prover: Prover;
beforeAll(async () => {
  prover = await newProver('ES256', () => NOW);
});

const made = (changes: Partial<ProofChoices> = {}) => prover.prove({ url: URL_OF_MOUNT, token: 'a-token', ...changes });
const refuses = async (proof: string | Promise<string>, reason: string, at = target) => {
  const fault = await readProof(await proof, at).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(InvalidDpopProof);
  expect(fault).toMatchObject({ code: 'invalid_dpop_proof', status: 401, reason });
};

describe('readProof', () => {
  it.each(PROOF_ALGORITHMS)('finds the key that an %s proof shows', async (alg) => {
    const other = await newProver(alg, () => NOW);
    const proof = await other.prove({ url: URL_OF_MOUNT, token: 'a-token', claims: { jti: 'one', nonce: 'n' } });
    expect(await readProof(proof, target)).toEqual({ key: other.thumbprint, id: 'one', issuedAt: NOW, nonce: 'n' });
  });

  it.each([
    ['proof_wrong_type', { typ: 'JWT' }],
    ['proof_wrong_type', { typ: undefined }],
    ['proof_critical_extension', { crit: ['b64'], b64: true }],
    ['proof_key_not_an_object', { jwk: undefined }],
    ['proof_key_unsupported_algorithm', { jwk: { kty: 'oct', y: 'c2VjcmV0' } }],
    ['proof_key_malformed', { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }],
  ])('refuses with %s a header changed to %j', async (reason, header) => {
    await refuses(made({ header }), reason);
    await readProof(await made(), target);
  });

  it('refuses a private key in the header, a key of another algorithm, and one that has not signed', async () => {
    const secret = await exportJWK(prover.privateKey);
    await refuses(made({ header: { jwk: secret } }), 'proof_key_secret_or_private');
    const other = await newProver('Ed25519');
    await refuses(made({ header: { jwk: other.jwk } }), 'proof_key_of_another_algorithm');
    const { privateKey } = await generateKeyPair('ES256');
    await refuses(made({ signer: privateKey }), 'proof_bad_signature');
  });

  it('refuses shared secrets and no algorithm at all', async () => {
    const jwk = prover.jwk;
    const secret = new TextEncoder().encode('a secret of thirty-two characters');
    await refuses(
      new SignJWT({ jti: 'x' }).setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk }).sign(secret),
      'proof_algorithm',
    );
    const none = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk })).toString('base64url');
    await refuses(`${none}.${(await made()).split('.')[1]}.AA`, 'proof_algorithm');
  });

  it.each([
    ['proof_bad_id', { jti: undefined }],
    ['proof_bad_id', { jti: '' }],
    ['proof_bad_id', { jti: 'x'.repeat(257) }],
    ['proof_bad_id', { jti: 7 }],
    ['proof_of_another_method', { htm: 'GET' }],
    ['proof_of_another_method', { htm: 'post' }],
    ['proof_of_another_url', { htu: 'https://mcp.example/math/mcp' }],
    ['proof_of_another_url', { htu: 'http://mcp.example/notes/mcp' }],
    ['proof_of_another_url', { htu: 'https://mcp.example.evil/notes/mcp' }],
    ['proof_of_another_url', { htu: 'https://user@mcp.example/notes/mcp' }],
    ['proof_of_another_url', { htu: '/notes/mcp' }],
    ['proof_of_another_url', { htu: undefined }],
    ['proof_bad_iat', { iat: undefined }],
    ['proof_bad_iat', { iat: String(NOW) }],
    ['proof_bad_iat', { iat: -1 }],
    ['proof_bad_nonce', { nonce: 7 }],
    ['proof_of_another_token', { ath: undefined }],
    ['proof_of_another_token', { ath: 'a-token' }],
  ])('refuses with %s claims changed to %j', async (reason, claims) => {
    await refuses(made({ claims }), reason);
    await readProof(await made(), target);
  });

  it('refuses a proof made for another token, and needs none of a token where there is none', async () => {
    await refuses(made({ token: 'another' }), 'proof_of_another_token');
    await readProof(await made({ token: 'another' }), { method: 'POST', url: URL_OF_MOUNT });
  });

  it.each([
    `${URL_OF_MOUNT}?a=b`,
    `${URL_OF_MOUNT}#c`,
    'HTTPS://MCP.Example:443/notes/mcp',
    'https://mcp.example/x/../notes/mcp',
  ])('takes %s for the URL of the mount', async (url) => {
    await readProof(await made({ url }), target);
  });

  it('refuses whatever is no signed text, without an error of another kind', async () => {
    const proof = await made();
    const changed = fc
      .tuple(fc.nat(proof.length - 1), fc.constantFrom('A', '=', '.', ' ', ',', 'é'))
      .map(([at, letter]) => proof.slice(0, at) + letter + proof.slice(at + 1))
      .filter((text) => text !== proof);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), changed, fc.constant(`${proof}, ${proof}`)), async (text) => {
        expect(await readProof(text, target).catch((error: unknown) => error)).toBeInstanceOf(InvalidDpopProof);
      }),
      { numRuns: 200 },
    );
    await refuses(`${proof}${'A'.repeat(8192)}`, 'proof_too_long');
    await readProof(proof, target);
  });

  it('passes or refuses claims with InvalidDpopProof whatever they hold', () => {
    const names = ['jti', 'htm', 'htu', 'iat', 'ath', 'nonce', '__proto__'];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('POST', URL_OF_MOUNT, NOW));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (claims) => {
        try {
          expect(checkProofClaims(claims, { method: 'POST', url: URL_OF_MOUNT })).toMatchObject({ id: claims.jti });
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidDpopProof);
        }
      }),
    );
  });
});
