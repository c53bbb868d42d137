import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostOptions } from '../../../src/host/create-host.ts';
import { secretMachine } from '../../support/machine.ts';
import { startPlacedHost } from '../../support/placed-host.ts';
import { ask, basic, postForm, postJson } from '../../support/plain-http.ts';
import { authorizeUrl, registerClient, signIn } from '../../support/signed-in.ts';
import { startWorld, type World } from '../../support/world.ts';

let world: World;

const start = async (settings: Partial<HostOptions>) => {
  world = await startWorld({ settings: { storeUrl: 'memory:', trustProxyHops: 1, ...settings } });
};
const at = (address: string) => ({ 'x-forwarded-for': address });
const HERE = '203.0.113.7';
const THERE = '203.0.113.8';
const metadata = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
const register = (address: string) => postJson(`${world.url}/register`, metadata, at(address));
const LIMITED = { error: 'temporarily_unavailable', error_description: 'Too many requests. Try again later.' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

describe('the budget of registrations', () => {
  it('RG-20 answers 429 beyond it to one network, for an hour, and 201 to all others', async () => {
    await start({ registerLimit: 2 });
    expect([(await register(HERE)).status, (await register(`::ffff:${HERE}`)).status]).toEqual([201, 201]);
    const answer = await postJson(`${world.url}/register`, metadata, { ...at(HERE), origin: 'https://app.example' });
    expect([answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([429, LIMITED, '3600']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect((await register(THERE)).status).toBe(201);
    vi.advanceTimersByTime(3_600_000);
    expect((await register(HERE)).status).toBe(201);
  });

  it('RG-20 counts the /64 of IPv6 as one', async () => {
    await start({ registerLimit: 1 });
    expect((await register('2001:db8:1:2::1')).status).toBe(201);
    expect((await register('2001:db8:1:2:ffff::9')).status).toBe(429);
    expect((await register('2001:db8:1:3::1')).status).toBe(201);
  });

  it('RG-20 has an end for everybody together, and leaves those who are registered alone', async () => {
    await start({ registerTotalLimit: 2 });
    const client = await registerClient(world.url);
    expect([(await register('192.0.2.1')).status, (await register('198.51.100.2')).status]).toEqual([201, 429]);
    expect((await signIn(world.url, { client })).access).not.toBe('');
  });

  it('RG-20 gives nobody more than a quarter of it, from however many addresses of a /48 or a /24', async () => {
    await start({ registerTotalLimit: 8 });
    const statuses = async (...addresses: string[]) => {
      const seen: number[] = [];
      for (const address of addresses) seen.push((await register(address)).status);
      return seen;
    };
    expect(await statuses('2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1')).toEqual([201, 201, 429]);
    expect(await statuses('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1')).toEqual([201, 201, 429, 429]);
    expect(await statuses('2001:db8:2:1::1', '198.51.100.1', '198.51.101.1', '203.0.113.1')).toEqual([
      201, 201, 201, 201,
    ]);
    expect(await statuses('203.0.114.1')).toEqual([429]);
  });

  it('counts those that read or change a registration apart from new ones', async () => {
    await start({ registerLimit: 1, refusedLimit: 2 });
    const client = await registerClient(world.url);
    const read = (token: string) =>
      ask(client.registration_client_uri, { headers: { authorization: `Bearer ${token}` } });
    expect([(await read('guess')).status, (await read('guess')).status, (await read('guess')).status]).toEqual([
      401, 401, 429,
    ]);
    vi.advanceTimersByTime(60_000);
    expect((await read(client.registration_access_token)).status).toBe(200);
    expect((await postJson(`${world.url}/register`, metadata)).status).toBe(429);
  });
});

describe('the address that counts', () => {
  it('DS-12 is told by TRUST_PROXY_HOPS in an app of somebody else, which trusts no proxy itself', async () => {
    await start({});
    const placed = await startPlacedHost({
      into: (app, host) => app.use(host.router),
      settings: { trustProxyHops: 1, registerLimit: 1 },
    });
    const statuses = [];
    for (const address of [HERE, HERE, THERE, `${THERE}, ${HERE}`])
      statuses.push((await postJson(`${placed.url}/register`, metadata, at(address))).status);
    expect(statuses).toEqual([201, 429, 201, 429]);
    await placed.close();
  });
});

describe('the budgets of pages', () => {
  it('DS-11 answers a page with 429 to an address that begins too many sign-ins; others go on', async () => {
    await start({ authorizeLimit: 2 });
    const client = await registerClient(world.url);
    const begin = (address: string) => ask(authorizeUrl(world.url, client), { headers: at(address) });
    expect([(await begin(HERE)).status, (await begin(HERE)).status]).toEqual([303, 303]);
    const answer = await begin(HERE);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).toContain('Too many requests');
    expect(answer.headers.get('location')).toBeNull();
    expect((await begin(THERE)).status).toBe(303);
    vi.advanceTimersByTime(60_000);
    expect((await begin(HERE)).status).toBe(303);
  });

  it('CO-20 answers 429 to an address that sends too many passwords; a right one from elsewhere passes', async () => {
    await start({ signInLimit: 2 });
    const post = (address: string) =>
      postForm(`${world.url}/interaction/none/sign-in`, { username: 'ada' }, { ...at(address), origin: world.url });
    expect([(await post(HERE)).status, (await post(HERE)).status]).toEqual([403, 403]);
    const answer = await post(HERE);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
    expect(answer.text).toContain('Too many requests');
    expect((await post(THERE)).status).toBe(403);
    expect((await signIn(world.url)).access).not.toBe('');
  });

  it('counts loaded pages, and says so in JSON to who prefers that', async () => {
    await start({ pageLimit: 1 });
    const load = (address: string, accept = 'text/html') =>
      ask(`${world.url}/interaction/none`, { headers: { ...at(address), accept } });
    expect((await load(HERE)).status).toBe(403);
    const answer = await load(HERE, 'application/json');
    expect([answer.status, answer.body.error]).toEqual([429, 'temporarily_unavailable']);
    expect((await load(THERE)).status).toBe(403);
  });
});

describe('the budgets of clients', () => {
  const ask4 = (id: string, secret: string, address: string) =>
    postForm(
      `${world.url}/token`,
      { grant_type: 'client_credentials', resource: `${world.url}/notes/mcp` },
      { ...basic(id, secret), ...at(address) },
    );

  it('CC-07 answers 429 to an address after too many failures at /token, and serves the client that it knows', async () => {
    await start({ refusedLimit: 3 });
    const known = await secretMachine(world.host.authorization, ['notes:read']);
    const other = await secretMachine(world.host.authorization, ['notes:read']);
    expect((await ask4(known.id, known.secret, HERE)).status).toBe(200);
    for (let guess = 0; guess < 3; guess += 1) expect((await ask4(other.id, `guess${guess}`, HERE)).status).toBe(401);
    const answer = await ask4(other.id, 'guess', HERE);
    expect([answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([429, LIMITED, '60']);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect((await ask4(known.id, known.secret, HERE)).status).toBe(200);
    expect((await ask4(other.id, other.secret, THERE)).status).toBe(200);
    vi.advanceTimersByTime(60_000);
    expect((await ask4(other.id, other.secret, HERE)).status).toBe(200);
  });

  it('takes nobody for known who has only had a token revoked', async () => {
    await start({ refusedLimit: 2 });
    const { client_id } = await registerClient(world.url);
    const revoked = await postForm(`${world.url}/revoke`, { client_id, token: 'guess' }, at(HERE));
    expect(revoked.status).toBe(200);
    const guess = () =>
      postForm(`${world.url}/token`, { client_id, grant_type: 'refresh_token', refresh_token: 'guess' }, at(HERE));
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([400, 400, 429]);
  });

  it('lets nobody use up a client from elsewhere', async () => {
    await start({ tokenLimit: 2 });
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    for (let request = 0; request < 2; request += 1) await ask4(machine.id, 'guess', THERE);
    expect((await ask4(machine.id, 'guess', THERE)).status).toBe(429);
    const statuses = [];
    for (let request = 0; request < 3; request += 1)
      statuses.push((await ask4(machine.id, machine.secret, HERE)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('counts forms that cannot be read', async () => {
    await start({ refusedLimit: 1 });
    const send = () => ask(`${world.url}/token`, { method: 'POST', body: 'x', headers: at(HERE) });
    expect([(await send()).status, (await send()).status]).toEqual([400, 429]);
  });

  it.each(['introspect', 'revoke'])('RV-14 answers 429 to guesses at /%s, however they end', async (endpoint) => {
    await start({ introspectLimit: 3 });
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    const guess = (address: string) =>
      postForm(
        `${world.url}/${endpoint}`,
        { token: `guess${Math.random()}` },
        { ...basic(machine.id, machine.secret), ...at(address) },
      );
    for (let count = 0; count < 3; count += 1) expect((await guess(HERE)).status).toBe(200);
    const answer = await guess(HERE);
    expect([answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([429, LIMITED, '60']);
    expect((await guess(THERE)).status).toBe(200);
    expect((await ask4(machine.id, machine.secret, HERE)).status).toBe(200);
  });
});
