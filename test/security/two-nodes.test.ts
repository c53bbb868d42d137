import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { machineToken, secretMachine } from '../support/machine.ts';
import { ask, callTool, postForm } from '../support/plain-http.ts';
import { authorize, authorizeUrl, redeem, refresh, registerClient, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let directory: string;
let first: World;
/** Another process would not know more than this one does: it shares the file and nothing else. */
let second: World;
const jar = createCookieJar();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const shared = { storeUrl: `sqlite:${join(directory, 'state.db')}`, keys: [generateFernetKey()] };
  first = await startWorld({ settings: shared });
  second = await startWorld({ settings: { ...shared, publicUrl: first.url }, directory });
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  await first.close();
  await second.close();
  await rm(directory, { recursive: true, force: true });
});

const callAt = async (node: World, token: unknown): Promise<number> =>
  (await callTool(`${node.url}/notes/mcp`, String(token), 'list_notes')).status;

it('XM-01 a token of one node is good at the other, and names neither', async () => {
  const { access } = await signIn(first.url, { jar });
  expect([await callAt(first, access), await callAt(second, access)]).toEqual([200, 200]);
});

it('JW-33 what one node revokes ends at the other, at once or a second after it was last seen there', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const seen = await signIn(first.url, { jar });
  const unseen = await signIn(first.url, { jar });
  expect(await callAt(second, seen.access)).toBe(200);
  for (const { client, access } of [seen, unseen]) {
    await postForm(`${first.url}/revoke`, { token: access, client_id: client.client_id });
  }
  expect(await callAt(second, unseen.access)).toBe(401);
  vi.advanceTimersByTime(1001);
  expect(await callAt(second, seen.access)).toBe(401);
});

it('RG-06 a client that registered at one node signs in at the other', async () => {
  const client = await registerClient(first.url);
  const { client_id } = client;
  const refused = await postForm(`${second.url}/token`, {
    grant_type: 'refresh_token',
    client_id,
    refresh_token: 'none',
  });
  expect(refused.body.error).toBe('invalid_grant');
});

it('JW-33 RF-10 a client that one node removes is unknown at the other at once, at every endpoint', async () => {
  // Time stands still: whatever the other node remembered of it would still be remembered.
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  const person = await signIn(first.url, { jar });
  const { code, verifier } = await authorize(first.url, { jar, client: person.client });
  const unused = await authorize(first.url, { jar, client: person.client });
  const asked = () => ask(authorizeUrl(second.url, person.client, { resource: `${first.url}/notes/mcp` }));
  const refreshed = (token: string) => refresh(second.url, person.client, token);
  const redeemed = await redeem(second.url, { ...unused, code, verifier });
  const before = await refreshed(person.refresh);
  expect([(await asked()).status, redeemed.status, before.status]).toEqual([303, 200, 200]);
  expect(await first.host.authorization.clients.remove(person.client.client_id)).toBe(true);
  expect([(await asked()).status, (await asked()).headers.get('location')]).toEqual([400, null]);
  for (const answer of [await refreshed(String(before.body.refresh_token)), await redeem(second.url, unused)]) {
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  }
});

it('JW-33 a machine that one node removes gets no token at the other', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  const machine = await secretMachine(first.host.authorization, ['notes:read']);
  const resource = `${first.url}/notes/mcp`;
  expect((await machineToken(second.url, machine, { resource })).status).toBe(200);
  expect(await first.host.authorization.machines.remove(machine.id)).toBe(true);
  const { status, body } = await machineToken(second.url, machine, { resource });
  expect([status, body.error]).toEqual([401, 'invalid_client']);
});
