import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { parseChallenge } from '../gate/parse-challenge.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { assertionOf, keyMachine, machineToken, secretMachine } from '../support/machine.ts';
import { ask, callTool, postForm, postJson, postMessage } from '../support/plain-http.ts';
import {
  authorize,
  authorizeUrl,
  redeem,
  refresh,
  registerClient,
  type SignedIn,
  signIn,
} from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let ada: SignedIn;
const calls = { notes: 0, sibling: 0, copy: 0 };

/** The same tool and scope names on every mount, so that nothing but the mount tells them apart. */
const server = (name: keyof typeof calls, extra?: string) => {
  const defined = defineServer({
    name,
    version: '1.0.0',
    scopes: { 'notes:read': 'Read', 'notes:write': { description: 'Write', implies: ['notes:read'] } },
    defaultScopes: ['notes:read'],
  }).tool('who', { description: 'Tells who calls', scopes: ['notes:read'] }, (_, { principal }) => {
    calls[name] += 1;
    return `${principal.kind} ${principal.subject}`;
  });
  defined.tool('inside', { description: 'Tells all it was given', scopes: [] }, (_, context) =>
    inspect(context, { depth: 8 }),
  );
  if (extra === undefined) return defined;
  return defined.tool(extra, { description: 'Here only', scopes: ['notes:write'] }, () => {
    calls[name] += 1;
    return 'done';
  });
};

beforeAll(async () => {
  world = await startWorld({
    mount: (host) => {
      host.mount('/notes', server('notes'));
      host.mount('/notes-admin', server('sibling', 'wipe'));
      host.mount('/notes/copy', server('copy', 'who_copy'));
    },
  });
  ada = await signIn(world.url, { scope: 'notes:write' });
});
afterAll(() => world.close());

const at = (mount: string) => `${world.url}${mount}/mcp`;

describe('a token of one mount', () => {
  it('XM-01 is unknown at every other mount, prefix siblings and mounts below included', async () => {
    const before = { ...calls };
    for (const mount of ['/notes-admin', '/notes/copy']) {
      const answer = await callTool(at(mount), ada.access, 'who');
      expect([mount, answer.status]).toEqual([mount, 401]);
      expect(parseChallenge(answer.headers.get('www-authenticate') ?? '')).toMatchObject({
        error: 'invalid_token',
        resource_metadata: `${world.url}/.well-known/oauth-protected-resource${mount}/mcp`,
      });
    }
    expect(calls).toEqual(before);
    expect((await callTool(at('/notes'), ada.access, 'who')).status).toBe(200);
    expect(calls.notes).toBe(before.notes + 1);
  });

  it('XM-11 means the tool of its own mount where two mounts have one of that name', async () => {
    const before = { ...calls };
    const { access } = await signIn(world.url, { mount: '/notes/copy' });
    expect((await callTool(at('/notes/copy'), access, 'who')).status).toBe(200);
    expect(calls).toEqual({ ...before, copy: before.copy + 1 });
    const listed = (await postMessage(at('/notes/copy'), access, { method: 'tools/list' })).text;
    expect([listed.includes('"who"'), listed.includes('"wipe"')]).toEqual([true, false]);
  });

  it('XM-01 is refused there also for a machine whose scopes hold at every mount', async () => {
    const machine = await secretMachine(world.host.authorization, ['notes:read', 'notes:write']);
    const { body } = await machineToken(world.url, machine, { resource: at('/notes-admin') });
    expect((await callTool(at('/notes'), String(body.access_token), 'who')).status).toBe(401);
    expect((await callTool(at('/notes-admin'), String(body.access_token), 'who')).status).toBe(200);
  });

  it('MC-26 reaches no tool of another mount by its name, its mount in front or another case', async () => {
    const before = { ...calls };
    for (const name of ['wipe', 'sibling/wipe', 'notes-admin/wipe', 'sibling_wipe', 'who_copy', 'WHO', 'copy.who']) {
      const answer = await callTool(at('/notes'), ada.access, name);
      expect([name, answer.body.error]).toMatchObject([name, { code: -32602 }]);
    }
    expect(calls).toEqual(before);
    const own = await signIn(world.url, { mount: '/notes-admin', scope: 'notes:write' });
    expect((await callTool(at('/notes-admin'), own.access, 'wipe')).status).toBe(200);
    expect(calls.sibling).toBe(before.sibling + 1);
  });

  it('MC-14 hears the same about a tool of another mount and about one that is nowhere', async () => {
    const elsewhere = await callTool(at('/notes'), ada.access, 'wipe');
    const nowhere = await callTool(at('/notes'), ada.access, 'wine');
    expect(elsewhere.text).toBe(nowhere.text.replace('wine', 'wipe'));
    expect([elsewhere.status, elsewhere.headers.get('www-authenticate')]).toEqual([nowhere.status, null]);
  });
});

describe('a credential of another kind', () => {
  it('XM-10 is none at a mount when it is the cookie of a signed-in browser', async () => {
    const jar = createCookieJar();
    await authorize(world.url, { jar });
    const cookie = jar.header(new URL(world.url));
    expect(cookie).toContain('gatehouse_session');
    const init = { method: 'POST', body: '{}', headers: { cookie, 'content-type': 'application/json' } };
    const answer = await ask(at('/notes'), init);
    expect(answer.status).toBe(401);
    expect(parseChallenge(answer.headers.get('www-authenticate') ?? '')).not.toHaveProperty('error');
  });

  it('XM-10 is none at the pages and at registrations when it is an access token', async () => {
    const headers = { authorization: `Bearer ${ada.access}`, accept: 'text/html' };
    const page = await ask(authorizeUrl(world.url, ada.client), { headers });
    expect(page.headers.get('location')).toContain('/interaction/');
    const signIn = await ask(new URL(page.headers.get('location') ?? '', world.url), { headers });
    expect(signIn.status).toBe(403);
    const client = await registerClient(world.url);
    const { registration_client_uri: uri, registration_access_token: own } = client;
    expect((await ask(uri, { headers })).status).toBe(401);
    expect((await ask(uri, { headers: { authorization: `Bearer ${own}` } })).status).toBe(200);
    expect((await callTool(at('/notes'), own, 'who')).status).toBe(401);
  });

  it('XM-10 proves no client at introspection when it is an access token', async () => {
    const headers = { authorization: `Bearer ${ada.access}` };
    const answer = await postForm(`${world.url}/introspect`, { token: ada.access }, headers);
    expect([400, 401]).toContain(answer.status);
    expect(answer.body).not.toHaveProperty('active');
  });

  it('CC-19 cannot make a machine look like a person, nor the other way round', async () => {
    const machine = await secretMachine(world.host.authorization, ['notes:read']);
    const { body } = await machineToken(world.url, machine);
    const machineSays = await callTool(at('/notes'), String(body.access_token), 'who');
    expect(machineSays.text).toContain(`machine ${machine.id}`);
    await expect(
      world.host.authorization.accounts.add({ username: machine.id, password: 'correct horse battery' }),
    ).resolves.toMatchObject({ subject: expect.not.stringMatching(/^machine_/) });
    const personSays = await callTool(at('/notes'), ada.access, 'who');
    expect(personSays.text).toMatch(/user (?!machine_)/);
  });
});

describe('a caller without a token of the mount', () => {
  it('RF-15 JW-22 is let in by no other secret that it may hold', async () => {
    const { authorization } = world.host;
    const [secret, key] = [
      await secretMachine(authorization, ['notes:read']),
      await keyMachine(authorization, ['notes:read']),
    ];
    const confidential = await registerClient(world.url, { token_endpoint_auth_method: 'client_secret_basic' });
    const { code } = await authorize(world.url);
    const { client_secret = '', registration_access_token: management } = confidential;
    for (const held of [
      ada.refresh,
      code,
      management,
      client_secret,
      secret.secret,
      await assertionOf(key, world.url),
    ]) {
      const answer = await callTool(at('/notes'), held, 'who');
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('invalid_token'),
      ]);
    }
    expect((await refresh(world.url, ada.client, ada.refresh)).status).toBe(200);
  });

  it.each(['initialize', 'server/discover', 'ping', 'tools/list', 'notifications/initialized'])(
    'MC-19 learns nothing from %s',
    async (method) => {
      const answer = await postJson(at('/notes'), { jsonrpc: '2.0', id: 1, method, params: {} });
      expect(answer.status).toBe(401);
      expect(parseChallenge(answer.headers.get('www-authenticate') ?? '')).toEqual({
        resource_metadata: `${world.url}/.well-known/oauth-protected-resource/notes/mcp`,
        scope: 'notes:read',
      });
      expect(answer.text).not.toMatch(/who|1\.0\.0|serverInfo/);
    },
  );

  it('MC-21 finds no task, of its own or of anybody, by a handle', async () => {
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update', 'tasks/list']) {
      const answer = await postMessage(at('/notes'), ada.access, { method, params: { taskId: '1' } });
      expect([method, answer.body.error]).toMatchObject([method, { code: -32601 }]);
    }
  });
});

describe('a handler', () => {
  it('CO-17 is handed neither the token of its caller nor the request that carried it', async () => {
    const { text } = await callTool(at('/notes'), ada.access, 'inside');
    expect(text).toContain('principal');
    for (const part of [ada.access, ada.access.split('.')[2] ?? '', 'authorization', 'Bearer', 'rawHeaders']) {
      expect(text).not.toContain(part);
    }
  });
});

describe('a session header', () => {
  it('XM-07 of a client that made one up changes nothing and is not echoed', async () => {
    const headers = { 'mcp-session-id': '../../somebody', 'mcp-protocol-version': '2025-11-25' };
    const answer = await postMessage(at('/notes'), ada.access, { method: 'tools/list' }, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('mcp-session-id')).toBe(false);
  });
});

describe('a code', () => {
  it('XM-01 for one mount gives no token for another', async () => {
    const authorized = await authorize(world.url);
    const wrong = await postForm(`${world.url}/token`, {
      grant_type: 'authorization_code',
      client_id: authorized.client.client_id,
      code_verifier: authorized.verifier,
      code: authorized.code,
      resource: at('/notes-admin'),
    });
    expect([wrong.status, wrong.body.error]).toEqual([400, 'invalid_target']);
    expect((await redeem(world.url, authorized)).status).toBe(200);
  });
});
