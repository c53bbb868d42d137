import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseChallenge } from '../gate/parse-challenge.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { machineToken, secretMachine } from '../support/machine.ts';
import { callTool, type PlainAnswer, postForm } from '../support/plain-http.ts';
import { refresh, type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
});
afterAll(() => world.close());

const notes = () => `${world.url}/notes/mcp`;

/** The scopes that a refusal asks for. */
function asked(answer: PlainAnswer): readonly string[] {
  expect(answer.status).toBe(403);
  const challenge = parseChallenge(answer.headers.get('www-authenticate') ?? '');
  expect(challenge.error).toBe('insufficient_scope');
  return String(challenge.scope).split(' ');
}

/** Where ada stays signed in. */
const jar = createCookieJar();

/** Sends the same person to the same client again, with what was refused in addition. */
const stepUp = ({ client }: SignedIn, held: readonly string[], more: readonly string[]) =>
  signIn(world.url, { client, jar, scope: [...new Set([...held, ...more])].join(' ') });

it('MC-02 is passed by whoever comes back with the union of what is held and what was asked', async () => {
  const first = await signIn(world.url, { jar });
  expect((await callTool(notes(), first.access, 'list_notes')).status).toBe(200);
  const wanted = asked(await callTool(notes(), first.access, 'add_note', { text: 'kept' }));
  const second = await stepUp(first, ['notes:read'], wanted);
  const added = await callTool(notes(), second.access, 'add_note', { text: 'kept' });
  expect([added.status, added.text]).toEqual([200, expect.stringContaining('id')]);
  expect((await callTool(notes(), second.access, 'list_notes')).text).toContain('kept');
});

it('MC-02 asks at the next step for something that is not yet held', async () => {
  const first = await signIn(world.url, { jar, scope: 'notes:read notes:write' });
  const wanted = asked(await callTool(notes(), first.access, 'delete_note', { id: 'none' }));
  expect(wanted).toContain('notes:admin');
  const second = await stepUp(first, ['notes:read', 'notes:write'], wanted);
  expect((await callTool(notes(), second.access, 'delete_note', { id: 'none' })).status).toBe(200);
});

it('MC-02 takes a broad scope for all that it implies, after a refresh too', async () => {
  const broad = await signIn(world.url, { jar, scope: 'notes:admin' });
  const rotated = await refresh(world.url, broad.client, broad.refresh);
  for (const token of [broad.access, String(rotated.body.access_token)]) {
    expect((await callTool(notes(), token, 'list_notes')).status).toBe(200);
    expect((await callTool(notes(), token, 'add_note', { text: 'by an admin' })).status).toBe(200);
  }
});

it('MC-02 leaves the token from before the step as narrow as it was', async () => {
  const first = await signIn(world.url, { jar });
  await stepUp(first, ['notes:read'], ['notes:write']);
  asked(await callTool(notes(), first.access, 'add_note', { text: 'refused' }));
  const { body } = await refresh(world.url, first.client, first.refresh);
  expect(body.scope).toBe('notes:read');
  asked(await callTool(notes(), String(body.access_token), 'add_note', { text: 'refused' }));
});

it('MC-02 gives an account no scope that it may not have, however often it is asked', async () => {
  const grace = await signIn(world.url, { username: 'grace', scope: 'notes:read notes:write' });
  const wanted = asked(await callTool(notes(), grace.access, 'add_note', { text: 'refused' }));
  const again = await signIn(world.url, {
    username: 'grace',
    client: grace.client,
    scope: ['notes:read', ...wanted].join(' '),
  });
  asked(await callTool(notes(), again.access, 'add_note', { text: 'refused' }));
});

it('CC-18 lets no machine step up beyond its registration', async () => {
  const machine = await secretMachine(world.host.authorization, ['notes:read']);
  const { body } = await machineToken(world.url, machine);
  const wanted = asked(await callTool(notes(), String(body.access_token), 'add_note', { text: 'refused' }));
  const more = await machineToken(world.url, machine, { scope: wanted.join(' ') });
  expect([more.status, more.body.error]).toEqual([400, 'invalid_scope']);
});

it('MC-02 is not passed by scopes in the request: neither body nor header adds one', async () => {
  const first = await signIn(world.url, { jar });
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'add_note', arguments: { text: 'x' }, scope: 'notes:write', _meta: { scopes: ['notes:write'] } },
  };
  const answer = await fetch(notes(), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${first.access}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'x-scope': 'notes:write',
    },
    body: JSON.stringify(message),
  });
  await answer.body?.cancel();
  expect(answer.status).toBe(403);
  const widened = await postForm(`${world.url}/token`, {
    grant_type: 'refresh_token',
    client_id: first.client.client_id,
    refresh_token: first.refresh,
    scope: 'notes:read notes:write',
  });
  expect([widened.status, widened.body.error]).toEqual([400, 'invalid_scope']);
});
