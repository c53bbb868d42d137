import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { machineToken, secretMachine } from '../support/machine.ts';
import { ask, basic, callTool, postForm } from '../support/plain-http.ts';
import { refresh, registerClient, type SignedIn, signIn } from '../support/signed-in.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

let world: World;
let ada: SignedIn;
/** Where ada stays signed in. */
const jar = createCookieJar();

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
});
afterAll(() => world.close());
beforeEach(async () => {
  ada = await signIn(world.url, { jar });
});

const call = async (token: unknown): Promise<number> =>
  (await callTool(`${world.url}/notes/mcp`, String(token), 'list_notes')).status;

const revoke = (token: string, client: { readonly client_id: string } = ada.client) =>
  postForm(`${world.url}/revoke`, { token, client_id: client.client_id });

/** Everything of a sign-in is dead at the mount and at the token endpoint. */
async function expectEnded(sign: SignedIn): Promise<void> {
  expect(await call(sign.access)).toBe(401);
  const again = await refresh(world.url, sign.client, sign.refresh);
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
}

describe('a call right after its token', () => {
  it('RV-05 JW-33 was revoked is refused, and its sibling of the same sign-in is not', async () => {
    const { body } = await refresh(world.url, ada.client, ada.refresh);
    expect([await call(ada.access), await call(body.access_token)]).toEqual([200, 200]);
    expect((await revoke(ada.access)).status).toBe(200);
    expect([await call(ada.access), await call(body.access_token)]).toEqual([401, 200]);
    expect((await refresh(world.url, ada.client, String(body.refresh_token))).status).toBe(200);
  });

  it('RV-05 JW-33 lost its refresh token is refused, and so is every token of that sign-in', async () => {
    const other = await signIn(world.url, { client: ada.client, jar });
    const { body } = await refresh(world.url, ada.client, ada.refresh);
    expect((await revoke(String(body.refresh_token))).status).toBe(200);
    await expectEnded(ada);
    expect(await call(body.access_token)).toBe(401);
    expect(await call(other.access)).toBe(200);
  });

  it('CI-25 JW-33 was one of two sign-ins of a person at a client leaves the other alone', async () => {
    const second = await signIn(world.url, { jar, client: ada.client });
    await revoke(ada.refresh);
    await expectEnded(ada);
    expect(await call(second.access)).toBe(200);
    expect((await refresh(world.url, second.client, second.refresh)).status).toBe(200);
  });

  it('JW-33 had its grant ended by the operator is refused', async () => {
    const gid = JSON.parse(Buffer.from(ada.access.split('.')[1] ?? '', 'base64url').toString()).gid;
    const sibling = await signIn(world.url, { client: ada.client, jar });
    await world.host.authorization.revocations.grant(gid);
    await expectEnded(ada);
    expect(await call(sibling.access)).toBe(200);
  });

  it('JW-33 had its client removed is refused, and another client goes on', async () => {
    const other = await signIn(world.url, { jar });
    const headers = { authorization: `Bearer ${ada.client.registration_access_token}` };
    expect((await ask(ada.client.registration_client_uri, { method: 'DELETE', headers })).status).toBe(204);
    expect(await call(ada.access)).toBe(401);
    const again = await refresh(world.url, ada.client, ada.refresh);
    expect([again.status, again.body.error]).toEqual([401, 'invalid_client']);
    expect(await call(other.access)).toBe(200);
  });

  it('JW-33 had its account removed is refused, and another person goes on', async () => {
    const grace = await signIn(world.url, { username: 'grace' });
    const { accounts } = world.host.authorization;
    await accounts.remove('grace');
    await expectEnded(grace);
    expect(await call(ada.access)).toBe(200);
    await accounts.add({ username: 'grace', password: PASSWORDS.grace, scopes: ['notes:read'] });
    expect(await call(grace.access)).toBe(401);
  });

  it('JW-33 had its password changed is refused, and the next sign-in is not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const grace = await signIn(world.url, { username: 'grace' });
      await world.host.authorization.accounts.setPassword('grace', PASSWORDS.grace);
      await expectEnded(grace);
      vi.setSystemTime(Date.now() + 2000);
      expect(await call((await signIn(world.url, { username: 'grace' })).access)).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it('JW-33 had its machine removed is refused, and another machine goes on', async () => {
    const { authorization } = world.host;
    const [gone, stays] = [
      await secretMachine(authorization, ['notes:read']),
      await secretMachine(authorization, ['notes:read']),
    ];
    const [dead, live] = [await machineToken(world.url, gone), await machineToken(world.url, stays)];
    await authorization.machines.remove(gone.id);
    expect([await call(dead.body.access_token), await call(live.body.access_token)]).toEqual([401, 200]);
    expect((await machineToken(world.url, gone)).body.error).toBe('invalid_client');
  });
});

describe('a revoked token', () => {
  it('JW-14 is refused in every other spelling of its signature', async () => {
    await revoke(ada.access);
    const [head, payload, signature = ''] = ada.access.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spellings = [...alphabet].map((last) => signature.slice(0, -1) + last);
    const more = [
      `${signature}=`,
      `${signature}==`,
      signature.replaceAll('-', '+').replaceAll('_', '/'),
      mirrored(signature),
    ];
    for (const other of [...spellings, ...more]) {
      expect([other, await call(`${head}.${payload}.${other}`)]).not.toEqual([other, 200]);
    }
  });

  it('JW-14 was good in one spelling only before', async () => {
    const [head, payload, signature = ''] = ada.access.split('.');
    const other = `${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`;
    expect([await call(ada.access), await call(`${head}.${payload}.${other}`)]).toEqual([200, 401]);
  });

  it('RV-02 is not one that another client named', async () => {
    const other = await registerClient(world.url);
    const attempts = [
      await revoke(ada.access, other),
      await revoke(ada.refresh, other),
      await revoke('unknown', other),
    ];
    expect(attempts.map(({ status, text }) => [status, text])).toEqual([
      [200, ''],
      [200, ''],
      [200, ''],
    ]);
    expect(await call(ada.access)).toBe(200);
    expect((await refresh(world.url, ada.client, ada.refresh)).status).toBe(200);
  });

  it('RV-09 RV-11 RV-13 is inactive to the resource server that was told it was active', async () => {
    const { authorization } = world.host;
    const own = await secretMachine(authorization, [], { introspects: [`${world.url}/notes/mcp`] });
    const foreign = await secretMachine(authorization, [], { introspects: [`${world.url}/math/mcp`] });
    const look = async ({ id, secret }: { id: string; secret: string }) =>
      (await postForm(`${world.url}/introspect`, { token: ada.access }, basic(id, secret))).body;
    expect(await look(own)).toMatchObject({ active: true, aud: `${world.url}/notes/mcp`, scope: 'notes:read' });
    expect(await look(foreign)).toEqual({ active: false });
    await revoke(ada.access);
    expect(await look(own)).toEqual({ active: false });
  });
});

/** ECDSA knows a second signature for each: (r, n - s). */
function mirrored(signature: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url');
}
