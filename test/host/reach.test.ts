import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwt } from '../../providers/jwt.ts';
import { local } from '../../providers/local.ts';
import { basic, postForm, postMessage } from '../support/plain-http.ts';
import { signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function listed(token: string, url = world.url): Promise<readonly string[]> {
  const answer = await postMessage(`${url}/notes/mcp`, token, { method: 'tools/list', params: {} });
  const { tools } = answer.body.result as { tools: readonly { name: string }[] };
  return tools.map(({ name }) => name);
}

describe("a server that lists 'all'", () => {
  it('shows a person what their account could be granted by a step-up', async () => {
    const { access } = await signIn(world.url, { scope: 'notes:read' });
    expect(await listed(access)).toEqual(['list_notes', 'read_note', 'add_note', 'delete_note']);
  });

  it('does not show what the account may never grant', async () => {
    const { access } = await signIn(world.url, { scope: 'notes:read', username: 'grace' });
    expect(await listed(access)).toEqual(['list_notes', 'read_note']);
  });

  it('shows a machine what it holds, since it asks at once for all that it needs', async () => {
    const { machines } = world.host.authorization;
    const { clientId, clientSecret = '' } = await machines.add({
      name: 'nightly job',
      scopes: ['notes:read', 'notes:write'],
      secret: true,
    });
    const fields = { grant_type: 'client_credentials', resource: `${world.url}/notes/mcp`, scope: 'notes:read' };
    const answer = await postForm(`${world.url}/token`, fields, basic(clientId, clientSecret));
    expect(await listed(String(answer.body.access_token))).toEqual(['list_notes', 'read_note']);
  });
});

describe('beside another issuer', () => {
  const OTHER = 'https://other.test';
  const SECRET = 'what the other issuer and this host share';

  it('its people could be granted whatever it grants: they have no account here', async () => {
    const two = await startWorld({ settings: { auth: [local(), jwt({ issuer: OTHER, secret: SECRET })] } });
    const token = await new SignJWT({ client_id: 'their-app', scope: 'notes:read' })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(OTHER)
      .setAudience(`${two.url}/notes/mcp`)
      .setSubject('somebody')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));
    const names = await listed(token, two.url).finally(() => two.close());
    expect(names).toEqual(['list_notes', 'read_note', 'add_note', 'delete_note']);
  });
});
