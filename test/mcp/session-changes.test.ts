import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/principal.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { user } from './callers.ts';
import { type HttpHost, listen } from './http-host.ts';

const definition = defineServer({ name: 's', version: '1', sessions: true, listChanged: ['tools'] })
  .tool('t', { description: 'T', scopes: [] }, () => 'done')
  .resource('note://{id}', { name: 'note', scopes: [], subscribe: true }, ({ id }) => id)
  .resource('secret://{id}', { name: 'secret', scopes: ['secret'], subscribe: true }, ({ id }) => id)
  .resource('fixed://all', { name: 'fixed', scopes: [] }, () => 'fixed');

const principals: Record<string, Principal> = {
  alice: user('alice', 'secret'),
  plain: user('alice'),
  bob: user('bob', 'secret'),
};
let host: HttpHost;
beforeAll(async () => {
  host = await listen(definition, principals);
});
afterAll(() => host.close());

/** A client of 2025 with a stream, and what it is told. */
async function connect(token: string) {
  const told: string[] = [];
  const client = new Client({ name: 'client', version: '1' });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void told.push('tools'));
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const reconnectionOptions = {
    initialReconnectionDelay: 1,
    maxReconnectionDelay: 10,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 5,
  };
  const transport = new StreamableHTTPClientTransport(host.url, { requestInit, reconnectionOptions });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return { client, told, sessionId: String(transport.sessionId) };
}

const everyone = { to: 'everyone' } as const;

describe('the client of a session', () => {
  it('promises what is told of, and tells each client what it has subscribed to and what concerns it', async () => {
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    expect(alice.client.getServerCapabilities()).toMatchObject({
      tools: { listChanged: true },
      resources: { subscribe: true },
      logging: {},
    });
    await alice.client.subscribeResource({ uri: 'note://1' });
    await bob.client.subscribeResource({ uri: 'note://2' });
    await expect
      .poll(async () => {
        definition.listChanged('tools', everyone);
        return [alice.told.includes('tools'), bob.told.includes('tools')];
      })
      .toEqual([true, true]);
    for (const uri of ['note://1', 'note://2']) definition.resourceUpdated(uri, everyone);
    await expect.poll(() => alice.told).toContain('note://1');
    await expect.poll(() => bob.told).toContain('note://2');
    expect([alice.told.includes('note://2'), bob.told.includes('note://1')]).toEqual([false, false]);

    await bob.client.subscribeResource({ uri: 'note://3' });
    await alice.client.subscribeResource({ uri: 'note://3' });
    definition.resourceUpdated('note://3', { to: user('bob') });
    await expect.poll(() => bob.told).toContain('note://3');
    await alice.client.unsubscribeResource({ uri: 'note://1' });
    const before = alice.told.length;
    definition.resourceUpdated('note://1', everyone);
    definition.resourceUpdated('note://3', { to: user('alice') });
    await expect.poll(() => alice.told.slice(before)).toEqual(['note://3']);
    await Promise.all([alice.client.close(), bob.client.close()]);
  });

  it('is refused what does not exist and what nobody tells of', async () => {
    const { client } = await connect('alice');
    await expect(client.subscribeResource({ uri: 'none://1' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.subscribeResource({ uri: 'fixed://all' })).rejects.toThrow('Nobody tells');
    await client.close();
  });

  it('MC-18 is told no more than the token of its stream may read', async () => {
    const { client, told, sessionId } = await connect('plain');
    const post = (uri: string, token: string) =>
      fetch(host.url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'mcp-session-id': sessionId,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: uri, method: 'resources/subscribe', params: { uri } }),
      });
    expect((await post('secret://1', 'plain')).status).toBe(403);
    expect(await (await post('secret://1', 'alice')).text()).toContain('"result":{}');
    expect(await (await post('note://9', 'plain')).text()).toContain('"result":{}');
    await expect
      .poll(() => {
        definition.resourceUpdated('secret://1', everyone);
        definition.resourceUpdated('note://9', everyone);
        return told;
      })
      .toContain('note://9');
    expect(told).not.toContain('secret://1');
    await client.close();
  });

  it('is told of everything again when its stream comes back, for it may have missed something', async () => {
    const headers = {
      authorization: 'Bearer alice',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const post = (sent: object, more: Record<string, string> = {}) =>
      fetch(host.url, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...sent }),
      });
    const clientInfo = { name: 'raw', version: '1' };
    const opened = await post({
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
    });
    const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    await post({ method: 'resources/subscribe', params: { uri: 'note://5' } }, session);
    const gone = new AbortController();
    const stream = () => fetch(host.url, { headers: { ...headers, ...session }, signal: gone.signal });
    expect((await stream()).status).toBe(200);
    gone.abort();
    await expect
      .poll(async () => {
        const again = await fetch(host.url, { headers: { ...headers, ...session } });
        if (again.status !== 200) return again.status;
        const reader = again.body?.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        while (!text.includes('note://5')) text += (await reader?.read())?.value ?? '';
        await reader?.cancel();
        return text.includes('notifications/tools/list_changed');
      })
      .toBe(true);
  });
});
