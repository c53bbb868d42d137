import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InvalidRequest, InvalidToken, Unavailable } from '../../../src/core/errors.ts';
import { checkBinding, keyBoundTo } from '../../../src/gate/dpop/binding.ts';
import { nonces } from '../../../src/gate/dpop/nonces.ts';
import { InvalidDpopProof, UseDpopNonce } from '../../../src/gate/dpop/proof-faults.ts';
import { createProofs, type ProofsParts } from '../../../src/gate/dpop/proofs.ts';
import { newProver, type ProofChoices, type Prover } from '../../support/prover.ts';

const URL_OF_MOUNT = 'https://mcp.example/notes/mcp';
const TOKEN = 'a-token';
const KEYS = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
let now = 1_800_000_000;
const clock = () => now;
let prover: Prover;
let kept: Map<string, number>;
beforeAll(async () => {
  prover = await newProver('ES256', clock);
});
beforeEach(() => {
  kept = new Map();
});

const proofsWith = (changes: Partial<ProofsParts> = {}) =>
  createProofs({
    required: false,
    nonceRequired: false,
    nonces: nonces(KEYS, clock),
    clock,
    remember: async (name, ttl) => !kept.has(name) && kept.set(name, ttl).size > 0,
    ...changes,
  });
const made = (changes: Partial<ProofChoices> = {}) => prover.prove({ url: URL_OF_MOUNT, token: TOKEN, ...changes });
const call = (...headers: string[]) => ({ rawHeaders: headers, url: '/notes/mcp', method: 'POST' });
const shown = (proof: string, proofs = proofsWith()) =>
  proofs.ofCall(call('Authorization', `DPoP ${TOKEN}`, 'DPoP', proof), URL_OF_MOUNT);

describe('proofs of calls', () => {
  it('finds the proven key, and counts a proof once', async () => {
    const text = await made();
    const [first, second] = [await shown(text), await shown(text)];
    expect(first).toMatchObject({ key: prover.thumbprint, nextNonce: undefined });
    await first?.spend();
    await expect(second?.spend()).rejects.toMatchObject({ code: 'invalid_dpop_proof', reason: 'proof_used_before' });
  });

  it('takes the same id from another key', async () => {
    const other = await newProver('ES256', clock);
    for (const by of [prover, other]) {
      await (await shown(await by.prove({ url: URL_OF_MOUNT, token: TOKEN, claims: { jti: 'same' } })))?.spend();
    }
    expect(kept.size).toBe(2);
    expect([...kept.keys()].join()).not.toContain('same');
  });

  it('wants exactly one proof with a token under the DPoP scheme', async () => {
    const text = await made();
    const authorization = ['Authorization', `dpop ${TOKEN}`];
    const ask = (...headers: string[]) => proofsWith().ofCall(call(...headers), URL_OF_MOUNT);
    await expect(ask(...authorization)).rejects.toMatchObject({ reason: 'no_proof' });
    await expect(ask(...authorization, 'DPoP', text, 'dpop', text)).rejects.toMatchObject({
      reason: 'repeated_proof_header',
    });
    await expect(ask(...authorization, ...authorization, 'DPoP', text)).rejects.toBeInstanceOf(InvalidRequest);
    expect(await ask(...authorization, 'dPoP', text)).toMatchObject({ key: prover.thumbprint });
  });

  it('leaves bearer tokens and calls without a token alone, unless proofs are required', async () => {
    const bearer = call('Authorization', 'Bearer x', 'DPoP', 'no proof');
    expect(await proofsWith().ofCall(bearer, URL_OF_MOUNT)).toBeUndefined();
    const strict = proofsWith({ required: true });
    await expect(strict.ofCall(bearer, URL_OF_MOUNT)).rejects.toBeInstanceOf(InvalidToken);
    expect(await strict.ofCall(call(), URL_OF_MOUNT)).toBeUndefined();
  });

  it('asks for a nonce where a proof is not of this minute, in either direction', async () => {
    for (const [offset, good] of [
      [-61, false],
      [-60, true],
      [60, true],
      [61, false],
    ] as const) {
      const outcome = shown(await made({ claims: { iat: now + offset } }));
      if (good) expect(await outcome).toBeDefined();
      else await expect(outcome).rejects.toMatchObject({ code: 'use_dpop_nonce', reason: 'proof_not_recent' });
    }
  });

  it('takes a nonce of its own for the time of a proof, and names the next one when that has become old', async () => {
    const nonce = nonces(KEYS, clock).current();
    const text = await made({ claims: { nonce, iat: 1 } });
    expect(await shown(text)).toMatchObject({ nextNonce: undefined });
    const before = now;
    now += 60;
    expect(await shown(text)).toMatchObject({ nextNonce: nonces(KEYS, clock).current() });
    now += 180;
    await expect(shown(text)).rejects.toBeInstanceOf(UseDpopNonce);
    now = before;
  });

  it('remembers a proof for longer than any node could take it', async () => {
    for (const claims of [
      {},
      { iat: now + 60 },
      { iat: now - 60 },
      { nonce: nonces(KEYS, () => now + 60).current() },
    ]) {
      kept.clear();
      const text = await made({ claims });
      await (await shown(text))?.spend();
      const [ttl = 0] = kept.values();
      const before = now;
      now += ttl - 30;
      await expect(shown(text)).rejects.toBeInstanceOf(UseDpopNonce);
      now = before;
      expect(ttl).toBeLessThan(400);
    }
  });

  it('wants a nonce where one is required, and tells it', async () => {
    const strict = proofsWith({ nonceRequired: true });
    const fault = await shown(await made(), strict).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'use_dpop_nonce', status: 401, nonce: nonces(KEYS, clock).current() });
    const { nonce } = fault as UseDpopNonce;
    expect(await shown(await made({ claims: { nonce } }), strict)).toMatchObject({ key: prover.thumbprint });
  });

  it('takes no proof from before the store may have lost that it was used', async () => {
    const proofs = proofsWith({ epochBegan: async () => now });
    const old = (await shown(await made(), proofs))?.spend();
    await expect(old).rejects.toMatchObject({ status: 503, reason: 'proof_older_than_epoch' });
    await (await shown(await made({ claims: { iat: now + 1 } }), proofs))?.spend();
  });

  it('hands on that it cannot be told whether a proof was used', async () => {
    const proofs = proofsWith({ remember: () => Promise.reject(new Unavailable('store_down')) });
    await expect((await shown(await made(), proofs))?.spend()).rejects.toBeInstanceOf(Unavailable);
  });
});

describe('proofs at the token endpoint', () => {
  const at = 'https://mcp.example/token';
  it('needs none, one, or one at least', async () => {
    const proof = await prover.prove({ url: at });
    expect(await proofsWith().ofTokenRequest(call(), at)).toBeUndefined();
    expect(await proofsWith().ofTokenRequest(call('DPoP', proof), at)).toMatchObject({ key: prover.thumbprint });
    const strict = proofsWith({ required: true });
    await expect(strict.ofTokenRequest(call(), at)).rejects.toBeInstanceOf(InvalidDpopProof);
    expect(await strict.ofTokenRequest(call('DPoP', proof), at)).toMatchObject({ key: prover.thumbprint });
  });
});

describe('nonces', () => {
  it('are known to every node with the key, wherever it stands in the list, and to no other', () => {
    const [one, two] = KEYS.map((key) => [key]);
    const nonce = nonces(one ?? [], clock).current();
    expect(nonces([...KEYS].reverse(), clock).goodUntil(nonce)).toBeGreaterThan(now);
    expect(nonces(two ?? [], clock).goodUntil(nonce)).toBeUndefined();
    expect(nonces(KEYS, clock).goodUntil('')).toBeUndefined();
  });

  it('are good until they say, also where a clock is up to a minute behind', () => {
    const nonce = nonces(KEYS, clock).current();
    const until = nonces(KEYS, clock).goodUntil(nonce) ?? 0;
    expect(nonces(KEYS, () => until - 1).goodUntil(nonce)).toBe(until);
    expect(nonces(KEYS, () => until).goodUntil(nonce)).toBeUndefined();
    expect(nonces(KEYS, () => now - 60).goodUntil(nonce)).toBe(until);
    expect(nonces(KEYS, () => now - 120).goodUntil(nonce)).toBeUndefined();
  });

  it('need a key', () => {
    expect(() => nonces([], clock)).toThrow(TypeError);
  });
});

describe('bindings', () => {
  const jkt = 'x'.repeat(43);

  it.each([null, 'x', {}, { jkt: 'short' }, { jkt, 'x5t#S256': jkt }, { 'x5t#S256': jkt }])(
    'JW-23 refuses a token bound in a way that cannot be checked: %j',
    (cnf) => {
      expect(() => keyBoundTo({ cnf })).toThrow(InvalidToken);
      expect([keyBoundTo({ cnf: { jkt } }), keyBoundTo({})]).toEqual([jkt, undefined]);
    },
  );

  it('JW-23 lets a token pass with its key and with no other, and an unbound one with none', () => {
    checkBinding(jkt, jkt);
    checkBinding(undefined, undefined);
    const cases = [
      [jkt, undefined, 'bound_token'],
      [jkt, 'y'.repeat(43), 'bound_to_another_key'],
      [undefined, jkt, 'unbound_token'],
    ] as const;
    for (const [boundTo, proven, reason] of cases) {
      expect(() => checkBinding(boundTo, proven)).toThrow(expect.objectContaining({ reason }));
    }
  });
});
