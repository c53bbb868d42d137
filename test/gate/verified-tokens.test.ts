import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/principal.ts';
import { verifiedTokens } from '../../src/gate/verified-tokens.ts';

const RA = 'https://rs.test/a/mcp';
const RB = 'https://rs.test/b/mcp';

const caller = (subject: string, expiresAt = 10_000): Principal => ({
  subject,
  clientId: 'client',
  scopes: new Set(),
  issuer: 'https://as.test',
  resource: RA,
  expiresAt,
  kind: 'user',
  claims: {},
});

/** A memory with a clock to turn and a count of how often it had to verify. */
function remembering(options: { entries: number; ttl: number }) {
  const state = { now: 1000, verified: 0 };
  const tokens = verifiedTokens(options, () => state.now);
  const recall = (token: string, resource = RA, expiresAt?: number) =>
    tokens.recall(token, resource, async () => {
      state.verified += 1;
      return caller(token, expiresAt);
    });
  return { state, tokens, recall };
}

describe('verifiedTokens', () => {
  it('verifies a token once within its time and again after it', async () => {
    const { state, recall } = remembering({ entries: 10, ttl: 60 });
    const first = await recall('t');
    state.now += 59;
    expect(await recall('t')).toBe(first);
    expect(state.verified).toBe(1);
    state.now += 1;
    await recall('t');
    expect(state.verified).toBe(2);
  });

  it('never holds beyond the expiry of the token', async () => {
    const { state, recall } = remembering({ entries: 10, ttl: 60 });
    await recall('t', RA, 1010);
    state.now = 1009;
    await recall('t', RA, 1010);
    expect(state.verified).toBe(1);
    state.now = 1010;
    await recall('t', RA, 1010);
    expect(state.verified).toBe(2);
  });

  it('XM-01 keeps one token apart at two resources', async () => {
    const { state, recall } = remembering({ entries: 10, ttl: 60 });
    await recall('t', RA);
    await recall('t', RB);
    expect(state.verified).toBe(2);
  });

  it('does not remember a refusal', async () => {
    const { state, tokens, recall } = remembering({ entries: 10, ttl: 60 });
    const refusal = tokens.recall('t', RA, () => Promise.reject(new Error('refused')));
    await expect(refusal).rejects.toThrow('refused');
    expect(tokens.size).toBe(0);
    await recall('t');
    expect(state.verified).toBe(1);
  });

  it('gives up the least recently used token first', async () => {
    const { state, recall } = remembering({ entries: 2, ttl: 60 });
    await recall('a');
    await recall('b');
    await recall('a');
    await recall('c');
    await recall('a');
    expect(state.verified).toBe(3);
    await recall('b');
    expect(state.verified).toBe(4);
  });

  it('DS-10 stays within its bound under 100,000 distinct tokens', async () => {
    const { tokens, recall } = remembering({ entries: 500, ttl: 60 });
    for (let index = 0; index < 100_000; index += 1) await recall(`token-${index}`);
    expect(tokens.size).toBe(500);
  });

  it('JW-34 forgets everything when cleared, also what was being verified meanwhile', async () => {
    const { state, tokens, recall } = remembering({ entries: 10, ttl: 60 });
    await recall('kept');
    const gate = Promise.withResolvers<Principal>();
    const underWay = tokens.recall('slow', RA, () => gate.promise);
    tokens.clear();
    gate.resolve(caller('slow'));
    await underWay;
    expect(tokens.size).toBe(0);
    await recall('kept');
    await recall('slow');
    expect(state.verified).toBe(3);
  });

  it('remembers nothing with no entries', async () => {
    const { state, tokens, recall } = remembering({ entries: 0, ttl: 60 });
    await recall('t');
    await recall('t');
    expect(state.verified).toBe(2);
    expect(tokens.size).toBe(0);
  });
});
