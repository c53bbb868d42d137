import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidToken } from '../../../src/core/errors.ts';
import type { KeysProvider } from '../../../src/gate/provider.ts';
import type { HostOptions } from '../../../src/host/create-host.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost } from '../../support/keyed-host.ts';
import { ask, callTool, type PlainAnswer, postMessage } from '../../support/plain-http.ts';

let host: KeyedHost;
let ran: string[];

/** `<subject>.<client>` is good, `old` is expired, everything else unknown. */
const pairs: KeysProvider = {
  kind: 'keys',
  name: 'pairs',
  verifier: () => ({
    async verify(token, resource) {
      const [subject = '', clientId] = token.split('.');
      if (token.startsWith('old')) throw new InvalidToken('expired');
      if (clientId === undefined) throw new InvalidToken('unknown');
      const expiresAt = Math.floor(Date.now() / 1000) + 60;
      const facts = { issuer: 'https://pairs.test', resource: resource.href, kind: 'user' as const, claims: {} };
      return { subject, clientId, scopes: new Set<string>(), expiresAt, ...facts };
    },
  }),
};

const tools = () =>
  defineServer({ name: 'tools', version: '1.0.0' })
    .tool('free', { description: 'Free', scopes: [] }, () => ran.push('free'))
    .tool('dear', { description: 'Dear', scopes: [], limit: { calls: 2, seconds: 3600 } }, () => ran.push('dear'))
    .tool('closed', { description: 'Closed', scopes: ['x'], limit: { calls: 1, seconds: 60 } }, () =>
      ran.push('closed'),
    );

const start = async (settings: Partial<HostOptions>) => {
  host = await startKeyedHost((mounting) => mounting.mount('/one', tools()).mount('/two', tools()), {
    auth: pairs,
    ...settings,
  });
};
const call = (token: string, tool = 'free', mount = 'one') => callTool(`${host.url}/${mount}/mcp`, token, tool);
const from = (address: string, token: string) =>
  postMessage(`${host.url}/one/mcp`, token, { method: 'ping' }, { 'x-forwarded-for': address });
const statuses = async (...answers: Promise<PlainAnswer>[]) => (await Promise.all(answers)).map(({ status }) => status);

beforeEach(() => {
  ran = [];
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await host.close();
});

describe('the budget of a caller', () => {
  it('is answered 429 beyond, as JSON-RPC, with the wait and without a challenge, and nothing runs', async () => {
    await start({ callLimit: 2 });
    expect(await statuses(call('ada.app'), call('ada.app', 'free', 'two'))).toEqual([200, 200]);
    const answer = await call('ada.app');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(answer.body).toEqual({
      jsonrpc: '2.0',
      error: { code: -32000, message: 'Too many requests. Try again later.' },
      id: null,
    });
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(ran).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    expect((await call('ada.app')).status).toBe(200);
  });

  it('is its own for every person, and for every app of a person', async () => {
    await start({ callLimit: 1 });
    expect(await statuses(call('ada.app'), call('grace.app'), call('ada.other'))).toEqual([200, 200, 200]);
    expect(await statuses(call('ada.app'), call('grace.app'), call('ada.other'))).toEqual([429, 429, 429]);
  });

  it('is told to a page of another origin that may call', async () => {
    await start({ callLimit: 1, allowedOrigins: ['https://app.example'] });
    await call('ada.app');
    const answer = await postMessage(
      `${host.url}/one/mcp`,
      'ada.app',
      { method: 'ping' },
      { origin: 'https://app.example' },
    );
    expect(answer.status).toBe(429);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After');
  });
});

describe('a tool with a limit of its own', () => {
  it('answers 429 beyond it with the id of the request before it runs, and leaves all else alone', async () => {
    await start({});
    expect(await statuses(call('ada.app', 'dear'), call('ada.other', 'dear'))).toEqual([200, 200]);
    const answer = await call('ada.app', 'dear');
    expect([answer.status, answer.headers.get('retry-after'), answer.body.id]).toEqual([429, '3600', 1]);
    expect(await statuses(call('ada.app'), call('grace.app', 'dear'), call('ada.app', 'dear', 'two'))).toEqual([
      200, 200, 200,
    ]);
    expect(ran.filter((tool) => tool === 'dear')).toHaveLength(4);
    vi.advanceTimersByTime(3_600_000);
    expect((await call('ada.app', 'dear')).status).toBe(200);
  });

  it('says that scope is missing before it counts', async () => {
    await start({});
    expect(await statuses(call('ada.app', 'closed'), call('ada.app', 'closed'))).toEqual([403, 403]);
  });

  it.each([
    { calls: 0, seconds: 1 },
    { calls: 1, seconds: 0.5 },
    { calls: 1, seconds: 90_000 },
  ])('is refused at its definition with %o', async (limit) => {
    await start({});
    const define = () => tools().tool('bad', { description: 'Bad', scopes: [], limit }, () => 1);
    expect(define).toThrow('Tool "bad" of tools: limit must be { calls, seconds }');
  });
});

describe('the budgets of an address', () => {
  it('DS-08 AK-02 answers 429 to bad tokens beyond, and every good token as ever', async () => {
    await start({ refusedLimit: 3, trustProxyHops: 1 });
    for (let guess = 0; guess < 3; guess += 1) expect((await from('203.0.113.7', `guess${guess}`)).status).toBe(401);
    const answer = await from('203.0.113.7', 'another');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect((await from('203.0.113.7', 'ada.app')).status).toBe(200);
    expect((await from('203.0.113.8', 'another')).status).toBe(401);
    vi.advanceTimersByTime(60_000);
    expect((await from('203.0.113.7', 'another')).status).toBe(401);
  });

  it('still challenges a token that has expired, of whoever shares the address', async () => {
    await start({ refusedLimit: 1, trustProxyHops: 1 });
    expect(
      await statuses(from('203.0.113.7', 'guess'), from('203.0.113.7', 'old1'), from('203.0.113.7', 'old2')),
    ).toEqual([401, 401, 401]);
    expect((await from('203.0.113.7', 'guess')).status).toBe(429);
    expect((await from('203.0.113.7', 'old3')).headers.get('www-authenticate')).toContain('invalid_token');
    expect((await from('203.0.113.7', 'old1')).status).toBe(429);
  });

  it('counts calls without a token apart from those with a bad one', async () => {
    await start({ anonymousLimit: 2, refusedLimit: 2 });
    const bare = () => ask(`${host.url}/one/mcp`, { method: 'POST' });
    expect([(await bare()).status, (await bare()).status, (await bare()).status]).toEqual([401, 401, 429]);
    expect(await statuses(call('guess'), call('ada.app'))).toEqual([401, 200]);
  });

  it('DS-12 cannot be dodged by what a caller writes into X-Forwarded-For', async () => {
    await start({ refusedLimit: 1 });
    expect((await from('203.0.113.1', 'guess')).status).toBe(401);
    expect((await from('203.0.113.2', 'guess')).status).toBe(429);
    expect((await from('2001:db8::1', 'guess')).status).toBe(429);
    await host.close();
    await start({ refusedLimit: 1, trustProxyHops: 1 });
    expect((await from('10.0.0.1, 203.0.113.1', 'guess')).status).toBe(401);
    expect((await from('10.0.0.2, 203.0.113.1', 'guess')).status).toBe(429);
    expect((await from('garbage, ::ffff:203.0.113.1', 'guess')).status).toBe(429);
    expect((await from('203.0.113.1, 203.0.113.2', 'guess')).status).toBe(401);
    expect((await from('2001:db8:1:2::1', 'guess')).status).toBe(401);
    expect((await from('2001:db8:1:2:3:4:5:6', 'guess')).status).toBe(429);
    expect((await from('2001:db8:1:3::1', 'guess')).status).toBe(401);
  });

  it('does not count what is no fault of a token', async () => {
    await start({ refusedLimit: 1, anonymousLimit: 1 });
    expect(await statuses(...['closed', 'closed', 'closed'].map((tool) => call('ada.app', tool)))).toEqual([
      403, 403, 403,
    ]);
    expect((await call('guess')).status).toBe(401);
  });

  it('tells nobody who was counted', async () => {
    await start({ callLimit: 1, refusedLimit: 1, trustProxyHops: 1 });
    for (let times = 0; times < 3; times += 1) {
      await from('203.0.113.7', 'guess');
      await from('203.0.113.7', 'ada.app');
    }
    const told = host.logged.filter((line) => line.includes('"event":"limited"'));
    expect(told.map((line) => JSON.parse(line).budget)).toEqual(['refused', 'calls']);
    expect(told.join()).not.toMatch(/203\.0\.113|ada|app/);
  });
});
