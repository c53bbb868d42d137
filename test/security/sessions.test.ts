import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { ask, postForm, postMessage } from '../support/plain-http.ts';
import { refresh, type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const server = (name: string) =>
  defineServer({
    name,
    version: '1.0.0',
    scopes: { 'notes:read': 'Read', 'notes:write': 'Write' },
    defaultScopes: ['notes:read'],
    sessions: true,
  })
    .tool('who', { description: 'W', scopes: ['notes:read'] }, (_, { principal }) => principal.subject)
    .tool('write', { description: 'W', scopes: ['notes:write'] }, () => 'written');

let directory: string;
let node: World;
let otherNode: World;
let ada: SignedIn;
let grace: SignedIn;
const jar = createCookieJar();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const settings = { storeUrl: `sqlite:${join(directory, 'state.db')}`, keys: [generateFernetKey()] };
  const mount: NonNullable<Parameters<typeof startWorld>[0]>['mount'] = (host) => {
    host.mount('/notes', server('notes'));
    host.mount('/other', server('other'));
  };
  node = await startWorld({ settings, mount });
  otherNode = await startWorld({ settings: { ...settings, publicUrl: node.url }, mount, directory });
  grace = await signIn(node.url, { username: 'grace' });
});
afterAll(async () => {
  await node.close();
  await otherNode.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  ada = await signIn(node.url, { jar });
});
afterEach(() => void vi.useRealTimers());

const endpoint = (world: World) => `${world.url}/notes/mcp`;
const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

async function open(token: string): Promise<string> {
  const answer = await postMessage(endpoint(node), token, INITIALIZE);
  expect(answer.status).toBe(200);
  return String(answer.headers.get('mcp-session-id'));
}

const call = (id: string, token: string, name = 'who', at = endpoint(node)) =>
  postMessage(at, token, { method: 'tools/call', params: { name, arguments: {} } }, { 'mcp-session-id': id });

/** A request without a body, as GET and DELETE are. */
const bare = (method: string, id: string, token: string, signal?: AbortSignal) =>
  fetch(endpoint(node), {
    method,
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'mcp-session-id': id },
    ...(signal && { signal }),
  });

const revoke = ({ access, client }: SignedIn) =>
  postForm(`${node.url}/revoke`, { token: access, client_id: client.client_id });

describe('a session', () => {
  it('XM-02 of one person is not found by another, nor by the same person in another app', async () => {
    const id = await open(ada.access);
    const app = await signIn(node.url, { jar });
    const unknown = await call('made-up', grace.access);
    expect([unknown.status, unknown.body.error]).toMatchObject([404, { code: -32001 }]);
    for (const stranger of [grace, app]) {
      const answer = await call(id, stranger.access);
      expect([answer.status, answer.text]).toEqual([404, unknown.text]);
      for (const method of ['GET', 'DELETE']) expect((await bare(method, id, stranger.access)).status).toBe(404);
    }
    expect((await call(id, ada.access)).text).toContain('"content"');
    expect((await bare('DELETE', id, ada.access)).status).toBe(204);
    expect((await call(id, ada.access)).status).toBe(404);
  });

  it('XM-02 is no credential, and goes on with the next token of its person and app', async () => {
    const id = await open(ada.access);
    for (const method of ['GET', 'DELETE', 'POST']) {
      const answer = await ask(endpoint(node), { method, headers: { 'mcp-session-id': id } });
      expect([method, answer.status]).toEqual([method, 401]);
    }
    const next = String((await refresh(node.url, ada.client, ada.refresh)).body.access_token);
    expect((await call(id, next)).status).toBe(200);
    const refused = await call(id, next, 'write');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="notes:write"'),
    ]);
    const stepped = await signIn(node.url, { jar, client: ada.client, scope: 'notes:read notes:write' });
    expect((await call(id, stepped.access, 'write')).text).toContain('written');
  });

  it('XM-05 of one mount or one node is not found at another', async () => {
    const id = await open(ada.access);
    const elsewhere = await call(id, ada.access, 'who', endpoint(otherNode));
    expect([elsewhere.status, elsewhere.body.error]).toEqual([
      404,
      { code: -32001, message: 'Session not found. Send initialize again to open one.' },
    ]);
    const other = await signIn(node.url, { jar, mount: '/other', client: ada.client, scope: 'notes:read' });
    expect((await call(id, other.access, 'who', `${node.url}/other/mcp`)).status).toBe(404);
    expect((await call(id, ada.access)).status).toBe(200);
  });

  it('XM-04 MC-18 has one stream, which ends when the token that opened it is revoked', async () => {
    const id = await open(ada.access);
    const next = String((await refresh(node.url, ada.client, ada.refresh)).body.access_token);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stream = await bare('GET', id, ada.access);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await bare('GET', id, next)).status).toBe(409);
    const text = stream.text();
    await vi.advanceTimersByTimeAsync(15_000);
    expect((await bare('GET', id, next)).status).toBe(409);
    expect((await revoke(ada)).status).toBe(200);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await text).not.toContain('data:');
    expect((await bare('GET', id, ada.access)).status).toBe(401);
    const again = new AbortController();
    expect((await bare('GET', id, next, again.signal)).status).toBe(200);
    again.abort();
  });

  it('BH-13 serves no other method, and says which', async () => {
    const id = await open(ada.access);
    for (const method of ['PUT', 'PATCH', 'OPTIONS']) {
      const answer = await bare(method, id, ada.access);
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'POST, GET, DELETE']);
    }
  });
});
