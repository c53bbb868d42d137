import { decodeJwt, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jwt } from '../../../providers/jwt.ts';
import { InsufficientScope, Unavailable } from '../../../src/core/errors.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { runNode } from '../../support/run-node.ts';
import { refresh, signIn } from '../../support/signed-in.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

let fake: FakeUpstream;
let world: World;
beforeEach(async () => {
  fake = await fakeUpstream();
  world = await startWorld({
    settings: { auth: [exampleProvider(fake), jwt({ issuer: OTHER, secret: SECRET })] },
    mount: (host) => host.mount('/notes', repositories()),
  });
});
afterEach(async () => {
  await world.close();
  await fake.close();
});

const OTHER = 'https://other.test';
const SECRET = 'what the other issuer and this host share';

/** A token of the issuer beside ours, whose people it names as it likes. */
const ofAnother = (subject: string) =>
  new SignJWT({ client_id: 'their-app', scope: 'repositories:read' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer(OTHER)
    .setAudience(`${world.url}/notes/mcp`)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));

const repositories = () =>
  defineServer({ name: 'repositories', version: '1.0.0' })
    .tool('whoami', { description: 'Who am I there?', scopes: ['repositories:read'] }, async (_input, { upstream }) => {
      const { accessToken } = await upstream();
      const response = await fetch(`${fake.url}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } });
      return String(((await response.json()) as { name: string }).name);
    })
    .tool('busy', { description: 'Never there', scopes: [] }, async () => {
      throw new Unavailable('the_database_is_down');
    })
    .tool('private', { description: 'Needs more', scopes: [] }, async () => {
      throw new InsufficientScope(['repositories:read']);
    });

async function call(access: string, name: string) {
  const response = await fetch(`${world.url}/notes/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${access}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text: await response.text() };
}

test('CO-17 a tool speaks to the API of the provider as the caller, whose own token never goes there', async () => {
  const { access } = await signIn(world.url);
  const answer = await call(access, 'whoami');

  expect(answer).toMatchObject({ status: 200 });
  expect(answer.text).toContain('Ada');
  const [asked] = fake.requests.filter(({ path }) => path === '/userinfo');
  expect(asked?.headers.authorization).toMatch(/^Bearer \S+$/);
  expect(asked?.headers.authorization).not.toContain(access);
});

test('RF-13 an upstream sign-in that has ended is a 401 with a challenge, and ends what we gave; a new sign-in heals it', async () => {
  fake.tokens = { expires_in: 0 };
  const person = await signIn(world.url);
  fake.refreshTokens.clear();
  const answer = await call(person.access, 'whoami');

  expect(answer.status).toBe(401);
  expect(answer.challenge).toContain('error="invalid_token"');
  expect((await refresh(world.url, person.client, person.refresh)).status).toBe(400);
  fake.tokens = {};
  // What is given in the very second of an end is ended with it.
  const again = async () => (await call((await signIn(world.url)).access, 'whoami')).status;
  await expect.poll(() => again().catch(() => 'ended'), { timeout: 10_000 }).toBe(200);
});

test('RF-13 an upstream outage is a 503 with Retry-After, and heals', async () => {
  fake.tokens = { expires_in: 0 };
  const { access } = await signIn(world.url);
  fake.routes.set('/token', () => ({ status: 500, body: {} }));
  expect(await call(access, 'whoami')).toMatchObject({ status: 503, challenge: null });

  fake.routes.delete('/token');
  expect((await call(access, 'whoami')).status).toBe(200);
});

test('a tool may refuse a call with an error that has a place on the wire', async () => {
  const { access } = await signIn(world.url);

  expect((await call(access, 'busy')).status).toBe(503);
  const refused = await call(access, 'private');
  expect(refused.status).toBe(403);
  expect(refused.challenge).toContain('error="insufficient_scope"');
});

test('CO-17 somebody of another issuer whose subject is spelled like a person of ours gets no token of that person', async () => {
  const { access } = await signIn(world.url);
  const { sub } = decodeJwt(access);
  expect((await call(access, 'whoami')).text).toContain('Ada');

  const answer = await call(await ofAnother(String(sub)), 'whoami');
  expect(answer.text).toContain('This needs a caller who signed in at an identity provider');
  expect(fake.count('/userinfo')).toBe(1);
});

test('whoever runs the server ends what a person who signed in elsewhere was given, by the subject that logs name', async () => {
  const { access, refresh: token, client } = await signIn(world.url);
  const revoke = (...named: string[]) =>
    runNode(['src/main.ts', 'revoke', 'user', ...named], {
      environment: { GATEHOUSE_DIR: world.directory, PUBLIC_URL: world.url },
    });
  expect(await revoke('example:nobody')).toMatchObject({ code: 2 });
  expect((await call(access, 'whoami')).status).toBe(200);

  // Somebody with an account here is called as that person's subject.
  const subject = String(decodeJwt(access).sub);
  await world.host.authorization.accounts.add({ username: subject, password: PASSWORDS.ada });
  expect(await revoke(subject)).toMatchObject({ code: 2, stderr: expect.stringContaining('add --subject') });
  expect((await call(access, 'whoami')).status).toBe(200);
  expect(await revoke('--subject', subject)).toMatchObject({ code: 0 });
  // Within a second; the tool that asks there would be refused before that, for what it was given there is gone.
  await expect.poll(async () => (await call(access, 'busy')).status, { timeout: 5000 }).toBe(401);
  expect((await refresh(world.url, client, token)).status).toBe(400);
});

test('what is ended from code is given back to the provider, too', async () => {
  const { access, refresh: token, client } = await signIn(world.url);
  await world.host.authorization.revocations.subject(String(decodeJwt(access).sub));

  expect(fake.requests.filter(({ path }) => path === '/revoke').map(({ form }) => form.has('token'))).toEqual([true]);
  expect((await refresh(world.url, client, token)).body.error).toBe('invalid_grant');
});
