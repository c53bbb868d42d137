import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createLimits } from '../../../src/host/limits/limits.ts';
import { secretMachine } from '../../support/machine.ts';
import { ask, basic, postForm, postJson, postMessage } from '../../support/plain-http.ts';
import { CALLBACK } from '../../support/signed-in.ts';
import { startWorld, type World } from '../../support/world.ts';

const ADDRESSES = ['203.0.113.7', '203.0.113.8'] as const;
const USERS = Array.from({ length: 1000 }, (_, user) => user);
const AT_ONCE = 25;
let world: World;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:', trustProxyHops: 1, logLevel: 'silent' } });
});
afterAll(() => world.close());

const at = (user: number) => ({ 'x-forwarded-for': ADDRESSES[user % 2] ?? '' });

/** Every user's answer, so many under way at once. */
async function everyone(act: (user: number) => Promise<number>): Promise<ReadonlySet<number>> {
  const seen = new Set<number>();
  const queue = USERS.values();
  const work = async () => {
    for (const user of queue) seen.add(await act(user));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return seen;
}

describe('1,000 people of a hosted app behind two addresses, in one minute', () => {
  it('are all challenged', async () => {
    const endpoint = `${world.url}/echo/mcp`;
    expect(await everyone(async (user) => (await ask(endpoint, { method: 'POST', headers: at(user) })).status)).toEqual(
      new Set([401]),
    );
  });

  it('RG-20 are all registered, each with a client of their own', async () => {
    const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };
    const register = (user: number) =>
      postJson(`${world.url}/register`, { ...metadata, client_name: `App ${user}` }, at(user));
    expect(await everyone(async (user) => (await register(user)).status)).toEqual(new Set([201]));
  });

  it('all get tokens through the one client that the app has, and make their calls', async () => {
    const { id, secret } = await secretMachine(world.host.authorization, ['notes:read']);
    const resource = `${world.url}/notes/mcp`;
    const served = await everyone(async (user) => {
      const form = { grant_type: 'client_credentials', resource };
      const answer = await postForm(`${world.url}/token`, form, { ...basic(id, secret), ...at(user) });
      return answer.status;
    });
    expect(served).toEqual(new Set([200]));
  });

  it('are all let through the budgets that count people, at once and at their defaults', async () => {
    const { mcp, requests } = await createLimits(readConfig({}, {}), silentLog);
    const facts = { scopes: new Set<string>(), issuer: 'https://a.test', resource: 'https://a.test/mcp', claims: {} };
    const principal = (user: number) => ({
      ...facts,
      subject: `user ${user}`,
      clientId: 'app',
      expiresAt: 0,
      kind: 'user' as const,
    });
    const waits = await Promise.all(
      USERS.flatMap((user) => Array.from({ length: 20 }, () => mcp.called(principal(user)))),
    );
    expect(new Set(waits)).toEqual(new Set([undefined]));
    const admitted = await Promise.all(
      USERS.map(async (user) => {
        const address = ADDRESSES[user % 2] ?? '';
        await requests.stranger('authorize', address);
        await requests.stranger('sign_in', `198.51.${user >> 8}.${user & 255}`);
        return requests.client('token', `client ${user}`, address);
      }),
    );
    expect(admitted).toHaveLength(1000);
  });

  it('DS-08 go on while one of them sends tokens with a forged signature', async () => {
    const endpoint = `${world.url}/notes/mcp`;
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    const tokens = [];
    for (const resource of [endpoint, endpoint]) {
      const form = { grant_type: 'client_credentials', resource };
      const answer = await postForm(`${world.url}/token`, form, { ...basic(machine.id, machine.secret), ...at(0) });
      tokens.push(String(answer.body.access_token));
    }
    const [good = '', other = ''] = tokens;
    const forged = `${good.slice(0, good.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;
    const answers = await Promise.all(
      Array.from({ length: 650 }, () => postMessage(endpoint, forged, { method: 'ping' }, at(0))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect((await postMessage(endpoint, good, { method: 'ping' }, at(0))).status).toBe(200);
  });
});
