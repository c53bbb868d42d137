import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { jwt } from '../../providers/jwt.ts';
import { startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { ask, callTool, postJson } from '../support/plain-http.ts';
import { startWorld } from '../support/world.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

test('a person of a site that uses Better Auth calls us with its JWT, at the mount that it is for and no other', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const site = startNode('test/support/providers/better-auth.ts', [`${url}/notes/mcp`]);
  open.push(() => site.stop());
  const [, issuer = ''] = await site.next(/listening (\S+)/);
  const auth = jwt({ issuer, jwksUrl: `${issuer}/jwks` });
  const world = await startWorld({ port, settings: { auth } });
  open.push(() => world.close());

  const person = { name: 'Ada', email: 'ada@example.com', password: 'the engine weaves patterns' };
  const joined = await postJson(`${issuer}/sign-up/email`, person, { origin: new URL(issuer).origin });
  expect(joined.status).toBe(200);
  const cookie = joined.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const { body } = await ask(`${issuer}/token`, { headers: { cookie } });
  const token = String(body.token);

  expect(decodeProtectedHeader(token).alg).toBe('EdDSA');
  expect((await callTool(`${url}/notes/mcp`, token, 'list_notes')).status).toBe(200);
  expect((await callTool(`${url}/notes/mcp`, token, 'add_note', { text: 'a note' })).status).toBe(403);
  expect((await callTool(`${url}/math/mcp`, token, 'add', { a: 1, b: 2 })).status).toBe(401);
  expect(world.logged.some((line) => line.includes('wrong_audience'))).toBe(true);
  expect(decodeJwt(token)).toMatchObject({ iss: issuer, aud: `${url}/notes/mcp`, name: 'Ada' });
  const { body: metadata } = await ask(`${url}/.well-known/oauth-protected-resource/notes/mcp`);
  expect(metadata.authorization_servers).toEqual([issuer]);
});
