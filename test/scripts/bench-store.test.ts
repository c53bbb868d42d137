import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceOf, judge } from '../../scripts/bench/store/noise.ts';
import { broken, lines, table } from '../../scripts/bench/store/report.ts';
import type { Sample } from '../../scripts/bench/store/sample.ts';
import { type ClearRecord, copier, idsAt, type SignInRecords } from '../../scripts/bench/store/sign-in-records.ts';
import { takeTurns } from '../../scripts/bench/store/turns.ts';
import { sha256 } from '../../src/core/secrets.ts';
import { runNode } from '../support/run-node.ts';

const sample = (cpu: number): Sample => ({ rate: 1e6 / cpu, cpu, p50: 1, p99: 2 });

describe('the bench of the stores', () => {
  it('calls a promise broken only where chance alone hardly brings so many rounds above it', () => {
    expect(chanceOf(5, 5)).toBe(1 / 32);
    expect(chanceOf(0, 9)).toBe(1);
    expect(judge([1.2, 1.2, 1.2, 1.2, 1.2], 1.1)).toEqual({ ratio: 1.2, limit: 1.1, broken: true });
    expect(judge([1.2, 1.2, 1.2, 1.2, 1.0], 1.1)).toEqual({ ratio: 1.2, limit: 1.1, broken: false });
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1 }), (ratios) => {
        const { ratio, broken: isBroken } = judge(ratios, 1.1);
        if (isBroken) expect(ratio).toBeGreaterThan(1.1);
      }),
    );
  });

  it('compares rounds with their neighbours, and names what it finds broken', () => {
    const rounds = [1, 10, 2, 1, 5].map((busy) => ({ slow: sample(130 * busy), quick: sample(100 * busy) }));
    const samples = new Map([
      ['slow', rounds.map(({ slow }) => slow)],
      ['quick', rounds.map(({ quick }) => quick)],
    ]);
    const compared = lines(new Map([['get', samples]]), ['slow', 'quick'], 1.1);
    const section = { title: 'a store', lines: compared, promised: 'cpu' } as const;
    expect(broken(section)).toEqual(['a store: get 1.30x, at most 1.10x']);
    expect(table(section)).toMatch(/get .* 1\.30x {3}1\.30x {2}BROKEN\n/);
    expect(broken({ title: 'a store', lines: compared })).toEqual([]);
  });

  it('lets each be first as often as last, and forgets the warm-up', async () => {
    const order: string[] = [];
    const contender = (name: string) => ({
      name,
      work: new Map([
        [
          'get',
          async () => {
            order.push(name);
            return sample(1);
          },
        ],
      ]),
    });
    const results = await takeTurns([contender('a'), contender('b')], { rounds: 2, warmUp: 1 });
    expect(order).toEqual(['b', 'a', 'a', 'b', 'b', 'a']);
    expect(results.get('get')?.get('a')).toHaveLength(2);
  });

  it('copies a sign-in under ids of its own, the same ones each time', () => {
    const copy = copier(REAL);
    const place = { base: 'https://copy.test', client: 3, grant: 7 };
    const ids = idsAt(place);
    const [grant, token] = copy('grant', place);
    expect(grant?.name).toBe(`grant:${sha256(ids.grant)}`);
    expect(JSON.parse(grant?.value ?? '')).toEqual({
      jti: ids.grant,
      accountId: ids.account,
      resources: { 'https://copy.test/notes/mcp': 'notes:read' },
    });
    expect(token?.name).toBe(`refresh_token:${sha256(ids.refresh)}`);
    expect(copy('grant', place)).toEqual(copier(REAL)('grant', place));
    expect(copy('grant', { ...place, grant: 8 })[0]?.name).not.toBe(grant?.name);
  });

  it('runs over a real store and says so in JSON', async () => {
    const tiny = [
      '--stores',
      'memory',
      '--parts',
      'operations,token',
      '--rounds',
      '1',
      '--operations',
      '5',
      '--requests',
      '3',
      '--json',
    ];
    const quiet = '--disable-warning=ExperimentalWarning';
    const { code, stdout, stderr } = await runNode([quiet, 'scripts/bench/store/run.ts', ...tiny]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sections } = JSON.parse(stdout) as { sections: { title: string; lines: { thing: string }[] }[] };
    expect(sections.map(({ title }) => title)).toEqual([
      'memory: operations of the store',
      'memory: a host beside oidc-provider and the MCP SDK alone',
    ]);
    expect(sections[1]?.lines.map(({ thing }) => thing)).toEqual([
      '/token authorization_code',
      '/token refresh_token',
      '/token client_credentials',
      'first call of a token',
      'verified call',
    ]);
  }, 60_000);
});

const record = (name: string, value: object | string): ClearRecord => ({ name, value: JSON.stringify(value) });

const REAL: SignInRecords = {
  base: 'http://localhost:49152',
  username: 'ada',
  ids: {
    account: 'user_real',
    client: 'client_real',
    grant: 'realGrant',
    code: 'realCode',
    refresh: 'realRefresh',
    session: 'realSession',
  },
  verifier: 'a-verifier',
  machine: { id: 'machine_real', secret: 'of no use' },
  records: [
    record(`account_name:${sha256('ada')}`, 'user_real'),
    record(`client:${sha256('client_real')}`, { client_id: 'client_real' }),
    record(`registration_token:${sha256('realToken')}`, { clientId: 'client_real' }),
    record(`grant:${sha256('realGrant')}`, {
      jti: 'realGrant',
      accountId: 'user_real',
      resources: { 'http://localhost:49152/notes/mcp': 'notes:read' },
    }),
    record(`refresh_token:${sha256('realRefresh')}`, { grantId: 'realGrant' }),
    record(`session:${sha256('realCookie')}`, { uid: 'realSession' }),
    record('session_uid:realSession', `session:${sha256('realCookie')}`),
  ],
};
