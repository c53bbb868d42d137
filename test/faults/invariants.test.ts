import { describe, expect, it } from 'vitest';
import { type Aftermath, invariants, violations } from './invariants.ts';
import type { Entry, Outage, TokenFacts } from './journal.ts';

const entry = (more: Partial<Entry>): Entry => ({
  who: 'ada',
  kind: 'load',
  step: 'call',
  began: 5000,
  ended: 5010,
  wall: 1000,
  status: 200,
  node: 'one',
  ...more,
});
const token = (more: Partial<TokenFacts> = {}): TokenFacts => ({
  token: 'a1',
  family: 'f1',
  subject: 'user_ada',
  scopes: ['notes:read'],
  audience: 'https://mcp.test/notes/mcp',
  expires: 1030,
  ...more,
});
const grant = (granted: Partial<TokenFacts>, more: Partial<Entry> = {}): Entry =>
  entry({
    step: 'redeem',
    code: 'c1',
    principal: 'user_ada',
    consented: ['notes:read'],
    resource: 'https://mcp.test/notes/mcp',
    granted: token(granted),
    successor: 'r1',
    ...more,
  });
const refresh = (more: Partial<Entry>): Entry =>
  entry({ step: 'refresh', presented: 'r1', family: 'f1', successor: 'r2', ...more });
const revoke = (more: Partial<Entry> = {}): Entry =>
  entry({ step: 'revoke', ends: 'f1', family: 'f1', ended: 6000, ...more });

const calm: Aftermath = {
  healed: 10_000,
  errands: [{ began: 10_500, what: 'call', well: true }],
  written: '{"event":"redis_fault"}',
  kept: 'code:abc sealed',
  nodes: [{ crashes: 0, megabytes: { before: 100, after: 160 }, descriptors: { before: 30, after: 40 } }],
  endless: { before: 12, after: 12 },
};

interface Case {
  readonly entries?: readonly Entry[];
  readonly outages?: readonly Outage[];
  readonly secrets?: readonly string[];
  readonly refusals?: readonly string[];
  readonly aftermath?: Partial<Aftermath>;
}

const broken = ({ entries = [], outages = [], secrets = [], refusals = [], aftermath = {} }: Case): readonly string[] =>
  violations({ entries, outages, secrets: new Set(secrets), refusals }, { ...calm, ...aftermath });

const [node] = calm.nodes;
const outages = [{ from: 4000, to: 9000 }];
const inOutage = { began: 6000, ended: 6100 };
const SECRET = 'an-opaque-refresh-token-of-43-characters-xx';
const SIGNED = `eyJhbGciOiJFUzI1NiJ9.body.${'s'.repeat(40)}end-of-signature`;

/** For each promise: journals that keep it, and journals that break it. */
const cases: Readonly<
  Record<string, { readonly kept: Readonly<Record<string, Case>>; readonly broken: Readonly<Record<string, Case>> }>
> = {
  I1: {
    kept: {
      'a code that is refused the second time': {
        entries: [grant({}), entry({ step: 'redeem', code: 'c1', status: 400 })],
      },
      'two codes': { entries: [grant({}), grant({ token: 'a2', family: 'f2' }, { code: 'c2' })] },
    },
    broken: {
      'a code that gives two families': { entries: [grant({}), grant({ token: 'a2', family: 'f2' })] },
      'a code that gives two tokens of one family': { entries: [grant({}), grant({ token: 'a2' })] },
      'an assertion that is good twice': {
        entries: [grant({}, { step: 'machine' }), grant({ token: 'a2' }, { step: 'machine' })],
      },
    },
  },
  I2: {
    kept: {
      'the same successor again': { entries: [refresh({}), refresh({})] },
      'an attacker who is refused': { entries: [refresh({ kind: 'attack', status: 400 })] },
    },
    broken: {
      'a refresh token with two successors': { entries: [refresh({}), refresh({ successor: 'r3' })] },
      'an attacker whose refresh token is taken': { entries: [refresh({ kind: 'attack' })] },
      'an attacker whose code is taken': { entries: [grant({}, { kind: 'attack' })] },
    },
  },
  I3: {
    kept: {
      'a call right after a revocation': { entries: [revoke(), entry({ presented: 'a1', family: 'f1', began: 6900 })] },
      'a call after a revocation that was not done': {
        entries: [revoke({ status: 503 }), entry({ presented: 'a1', family: 'f1', began: 9000 })],
      },
      'a call within the skew': { entries: [entry({ expires: 1000, wall: 1029 })] },
    },
    broken: {
      'a call 1.1 s after its family was ended': {
        entries: [revoke(), entry({ presented: 'a1', family: 'f1', began: 7100 })],
      },
      'a call after its token was ended': {
        entries: [revoke({ ends: 'a1' }), entry({ presented: 'a1', family: 'f1', began: 7100 })],
      },
      'a refresh after its family was ended': { entries: [revoke(), refresh({ began: 7100 })] },
      'a call after its token has expired': { entries: [entry({ expires: 1000, wall: 1031 })] },
      'an attacker whose call is served': { entries: [entry({ kind: 'attack', presented: 'a1' })] },
    },
  },
  I4: {
    kept: { 'fewer scopes than consented': { entries: [grant({ scopes: [] })] } },
    broken: {
      'a scope that nobody consented to': { entries: [grant({ scopes: ['notes:read', 'notes:write'] })] },
      'another audience': { entries: [grant({ audience: 'https://mcp.test/echo/mcp' })] },
      'two audiences': { entries: [grant({ audience: ['https://mcp.test/notes/mcp', 'x'] })] },
      'a token without an end': { entries: [grant({ expires: Number.POSITIVE_INFINITY })] },
      'a token whose end is no number': { entries: [grant({ expires: Number.NaN })] },
    },
  },
  I5: {
    kept: {
      '503 without the store': { outages, entries: [refresh({ ...inOutage, status: 503 })] },
      'a lost connection': { outages, entries: [refresh({ ...inOutage, status: 0 })] },
      'a call on what was read a moment ago': { outages, entries: [entry({ began: 4900, ended: 4950 })] },
      'an answer after the store came back': { outages, entries: [refresh({ began: 8000, ended: 9500 })] },
      'an attacker who is refused without the store': {
        outages,
        entries: [entry({ ...inOutage, kind: 'attack', status: 401 })],
      },
    },
    broken: {
      'a refresh without the store': { outages, entries: [refresh(inOutage)] },
      'a call without the store': { outages, entries: [entry(inOutage)] },
      'invalid_grant for want of the store': { outages, entries: [refresh({ ...inOutage, status: 400 })] },
      'a page without the store': { outages, entries: [entry({ ...inOutage, step: 'page', status: 303 })] },
      'a fault of ours that is a 500': { outages, entries: [entry({ ...inOutage, status: 500 })] },
    },
  },
  I6: {
    kept: { 'what is told of the caller': { entries: [entry({ principal: 'user_ada', told: 'user_ada' })] } },
    broken: {
      'what is told of somebody else': { entries: [entry({ principal: 'user_ada', told: 'user_eve' })] },
      'a token of somebody else': { entries: [grant({ subject: 'user_eve' })] },
    },
  },
  I7: {
    kept: { 'secrets that nobody tells': { secrets: [SECRET, SIGNED], refusals: ['{"error":"invalid_grant"}'] } },
    broken: {
      'a secret in the logs': { secrets: [SECRET], aftermath: { written: `x ${SECRET}` } },
      'the beginning of a secret in the logs': { secrets: [SECRET], aftermath: { written: SECRET.slice(0, 20) } },
      'a signed token in the store': { secrets: [SIGNED], aftermath: { kept: `code:1 ${SIGNED}` } },
      'a secret in a refusal': { secrets: [SECRET], refusals: [`no ${SECRET}`] },
    },
  },
  I8: {
    kept: {
      'a failure that is followed by success': {
        aftermath: {
          errands: [
            { began: 19_000, what: 'call', well: false },
            { began: 19_100, what: 'call', well: true },
          ],
        },
      },
    },
    broken: {
      'a failure 10 s after the fault': {
        aftermath: {
          errands: [
            { began: 20_100, what: 'call', well: false },
            { began: 20_200, what: 'call', well: true },
          ],
        },
      },
      'no success since the fault': { aftermath: { errands: [{ began: 9000, what: 'call', well: true }] } },
      'a failure that nothing follows': {
        aftermath: {
          errands: [
            { began: 11_000, what: 'call', well: true },
            { began: 12_000, what: 'call', well: false },
          ],
        },
      },
    },
  },
  I9: {
    kept: { 'a node that has warmed up': {} },
    broken: {
      'a node that ended by itself': { aftermath: { nodes: [{ ...node, crashes: 1 } as Aftermath['nodes'][number]] } },
      'a rejection that nobody handled': {
        aftermath: { written: 'triggerUncaughtException … UnhandledPromiseRejection' },
      },
      'memory that stays': {
        aftermath: { nodes: [{ ...node, megabytes: { before: 100, after: 900 } } as Aftermath['nodes'][number]] },
      },
      'descriptors that stay open': {
        aftermath: { nodes: [{ ...node, descriptors: { before: 30, after: 900 } } as Aftermath['nodes'][number]] },
      },
      'records that never end': { aftermath: { endless: { before: 12, after: 13 } } },
    },
  },
};

describe('what holds after every fault', () => {
  it('has cases for each of the promises', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(invariants));
  });

  it.each(
    Object.entries(cases).flatMap(([name, { kept }]) =>
      Object.entries(kept).map(([what, one]) => [name, what, one] as const),
    ),
  )('%s is kept by %s', (_, __, one) => {
    expect(broken(one)).toEqual([]);
  });

  it.each(
    Object.entries(cases).flatMap(([name, { broken: wrong }]) =>
      Object.entries(wrong).map(([what, one]) => [name, what, one] as const),
    ),
  )('%s is broken by %s, and nothing else is', (name, _, one) => {
    const found = broken(one);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((words) => !words.startsWith(`${name} `))).toEqual([]);
  });
});
