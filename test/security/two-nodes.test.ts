import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { generateFernetKey } from '../../src/store/fernet.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { assertedToken, assertionOf, keyMachine } from '../support/machine.ts';
import { callTool, type PlainAnswer, postForm } from '../support/plain-http.ts';
import { authorize, CALLBACK, refresh, registerClient, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let directory: string;
let first: World;
/** Another process would not know more than this one does: it shares the file and nothing else. */
let second: World;
const jar = createCookieJar();

/** The file as it is from far away: each answer takes a turn, in which others get theirs. */
function farStore(): Store {
  const near = sqliteStore({ file: join(directory, 'state.db') });
  const far =
    <A extends readonly unknown[], R>(action: (...values: A) => Promise<R>) =>
    async (...values: A): Promise<R> => {
      const result = await action(...values);
      await setImmediate();
      return result;
    };
  return {
    get: far(near.get),
    put: far(near.put),
    putIfAbsent: far(near.putIfAbsent),
    take: far(near.take),
    delete: far(near.delete),
    close: near.close,
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const keys = [generateFernetKey()];
  first = await startWorld({ settings: { store: farStore(), keys } });
  second = await startWorld({ settings: { store: farStore(), keys, publicUrl: first.url }, directory });
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  await first.close();
  await second.close();
  await rm(directory, { recursive: true, force: true });
});

/** Sends the same to both nodes by turns, all at once. */
const race = (times: number, send: (url: string) => Promise<PlainAnswer>): Promise<readonly PlainAnswer[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => send(index % 2 === 0 ? first.url : second.url)));

const statuses = (answers: readonly PlainAnswer[]) => answers.map(({ status }) => status).sort((a, b) => a - b);

const callAt = async (node: World, token: unknown): Promise<number> =>
  (await callTool(`${node.url}/notes/mcp`, String(token), 'list_notes')).status;

it('XM-01 a token of one node is good at the other, and names neither', async () => {
  const { access } = await signIn(first.url, { jar });
  expect([await callAt(first, access), await callAt(second, access)]).toEqual([200, 200]);
});

it('TK-06 one of thirty redemptions on two nodes is answered, and its tokens are ended by the others', async () => {
  const { client, code, verifier } = await authorize(first.url, { jar });
  const fields = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    code,
    code_verifier: verifier,
  };
  const answers = await race(30, (url) => postForm(`${url}/token`, fields));
  expect(statuses(answers)).toEqual([200, ...Array<number>(29).fill(400)]);
  const winner = answers.find(({ status }) => status === 200);
  expect([await callAt(first, winner?.body.access_token), await callAt(second, winner?.body.access_token)]).toEqual([
    401, 401,
  ]);
});

it('RF-04 twenty refreshes with one token on two nodes give one successor', async () => {
  const { client, refresh: token } = await signIn(first.url, { jar });
  const answers = await race(20, (url) => refresh(url, client, token));
  expect(statuses(answers)).toEqual(Array(20).fill(200));
  expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  expect((await refresh(second.url, client, String(answers[0]?.body.refresh_token))).status).toBe(200);
});

it('CC-09 one of twenty uses of an assertion on two nodes is answered', async () => {
  const key = await keyMachine(first.host.authorization, ['notes:read']);
  const assertion = await assertionOf(key, first.url);
  const answers = await race(20, (url) => assertedToken(url, assertion, { resource: `${first.url}/notes/mcp` }));
  expect(statuses(answers)).toEqual([200, ...Array<number>(19).fill(401)]);
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
