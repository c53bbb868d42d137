import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { introspectionVerifier } from '../../../src/gate/introspection.ts';
import type { KeysProvider } from '../../../src/gate/provider.ts';
import type { HostOptions } from '../../../src/host/create-host.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost, wordTokens } from '../../support/keyed-host.ts';
import { type PlainAnswer, postMessage } from '../../support/plain-http.ts';
import { until } from '../../support/until.ts';

let host: KeyedHost;
let asked: string[];
let underWay: number;
let most: number;
/** Questions about `slow` tokens are answered once this is kept. */
let gate: PromiseWithResolvers<void>;

async function answer(token: string): Promise<Response> {
  asked.push(token);
  underWay += 1;
  most = Math.max(most, underWay);
  if (token.startsWith('slow')) await gate.promise;
  underWay -= 1;
  const exp = Math.floor(Date.now() / 1000) + 60;
  const good = { active: true, sub: 'ada', client_id: 'app', aud: `${host.url}/one/mcp`, exp };
  return Response.json(token.includes('good') ? good : { active: false });
}

/** Its provider is asked about every call: nothing is remembered as good. */
const introspected: KeysProvider = {
  kind: 'keys',
  name: 'introspected',
  tokens: [{ shape: 'opaque' }],
  verifier: (deps) => {
    const issuer = 'https://idp.test';
    const client = { id: 'gate', method: 'post' as const, secret: 's' };
    const fetch: typeof globalThis.fetch = (_url, init) =>
      answer(new URLSearchParams(String(init?.body)).get('token') ?? '');
    return introspectionVerifier(
      { issuer, url: `${issuer}/introspect`, cacheTtl: 0, introspectJwts: false, client },
      { ...deps, fetch },
    );
  },
};

const keys: KeysProvider = { ...wordTokens([], { 'key-ada': [] }), tokens: [{ shape: 'prefix', prefix: 'key-' }] };
const HERE = '203.0.113.9';
const ELSEWHERE = '198.51.100.7';

const start = async (settings: Partial<HostOptions> = {}) => {
  const one = defineServer({ name: 's', version: '1' }).tool('free', { description: 'Free', scopes: [] }, () => 'ok');
  host = await startKeyedHost((mounting) => mounting.mount('/one', one), {
    auth: [introspected, keys],
    trustProxyHops: 1,
    ...settings,
  });
};
const from = (address: string, token: string) =>
  postMessage(`${host.url}/one/mcp`, token, { method: 'ping' }, { 'x-forwarded-for': address });
const flood = (address: string, count: number, word: string) => {
  const answers: PlainAnswer[] = [];
  const all = Array.from({ length: count }, async (_, index) => {
    answers.push(await from(address, `${word}${index}`));
  });
  return {
    answered: (wanted: number) =>
      until(
        async () => answers.length,
        ({ value }) => value === wanted,
      ),
    end: () => Promise.all(all).then(() => answers.map(({ status }) => status)),
    answers,
  };
};
const times = (count: number, status: number): number[] => Array.from({ length: count }, () => status);
/** Sends bad tokens until the budget of the address is used up. */
const useUp = async (address: string) => {
  expect([(await from(address, 'bad1')).status, (await from(address, 'bad2')).status]).toEqual([401, 401]);
  expect((await from(address, 'bad3')).status).toBe(429);
};

beforeEach(() => {
  asked = [];
  underWay = 0;
  most = 0;
  gate = Promise.withResolvers();
});
afterEach(async () => {
  gate.resolve();
  await host.close();
});

describe('an address that has sent too many bad tokens', () => {
  it('DS-08 has its unknown tokens asked about one by one, and a good one among them has its turn', async () => {
    await start({ refusedLimit: 2 });
    await useUp(HERE);
    most = 0;
    const bad = flood(HERE, 10, 'slow');
    await until(
      async () => underWay,
      ({ value }) => value === 1,
    );
    const good = from(HERE, 'good');
    gate.resolve();
    expect((await good).status).toBe(200);
    expect(await bad.end()).toEqual(times(10, 429));
    expect(most).toBe(1);
  });

  it('DS-08 is refused at once where too many wait, and nobody is asked', async () => {
    await start({ refusedLimit: 2 });
    await useUp(HERE);
    const before = asked.length;
    const bad = flood(HERE, 40, 'slow');
    await bad.answered(23);
    expect(asked).toHaveLength(before + 1);
    for (const { status, headers } of bad.answers) {
      expect([status, headers.get('www-authenticate')]).toEqual([429, null]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(1);
    }
    expect((await from(ELSEWHERE, 'good')).status).toBe(200);
    gate.resolve();
    expect(await bad.end()).toEqual(times(40, 429));
    expect(asked).toHaveLength(before + 1 + 17);
  });

  it('DS-08 holds up no token that was good before, and none that nobody is asked about', async () => {
    await start({ refusedLimit: 2 });
    expect((await from(HERE, 'good')).status).toBe(200);
    await useUp(HERE);
    const bad = flood(HERE, 40, 'slow');
    await bad.answered(23);
    expect((await from(HERE, 'good')).status).toBe(200);
    expect(asked.filter((token) => token === 'good')).toHaveLength(2);
    expect((await from(HERE, 'key-ada')).status).toBe(200);
    expect((await from(HERE, 'key-eve')).status).toBe(429);
    gate.resolve();
    await bad.end();
  });
});

describe('one network', () => {
  it('DS-08 does not take all places at the provider', async () => {
    await start({ refusedLimit: 1000 });
    const bad = flood(HERE, 300, 'slow');
    await bad.answered(12);
    expect(asked).toHaveLength(32);
    expect(bad.answers.map(({ headers }) => headers.get('retry-after'))).toEqual(times(12, 1).map(String));
    expect((await from(ELSEWHERE, 'good')).status).toBe(200);
    gate.resolve();
    expect((await bad.end()).toSorted()).toEqual([...times(288, 401), ...times(12, 429)]);
  });

  it('has room for 250 people who all come with new tokens at once', async () => {
    await start();
    const people = flood(HERE, 250, 'slow-good');
    await until(
      async () => underWay,
      ({ value }) => value === 32,
    );
    gate.resolve();
    expect(await people.end()).toEqual(times(250, 200));
    expect(most).toBe(32);
  });
});
