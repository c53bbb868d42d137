import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/index.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { remote } from '../../../src/mcp/remote/index.ts';
import { user } from '../callers.ts';
import { connectCaller, ERAS } from './callers.ts';
import { serve as serveTo } from './served.ts';

const policy = {
  rules: [
    { name: 'note://a', scopes: ['notes:read'] },
    { name: 'note://b', scopes: ['notes:audit'] },
  ],
};
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const read = ({ href: uri }: URL) => ({ contents: [{ uri, text: 'x' }] });

/** A server of version 1 that keeps who listens to what. */
function subscribable() {
  const listening = new Set<string>();
  const server = new McpServerV1({ name: 'notes', version: '1' }, { capabilities: { resources: { subscribe: true } } });
  for (const name of ['a', 'b']) server.registerResource(name, `note://${name}`, {}, read);
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    listening.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    listening.delete(params.uri);
    return {};
  });
  return { server, listening, update: (uri: string) => void server.server.sendResourceUpdated({ uri }) };
}

async function modern() {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer(
        { name: 'notes', version: '1' },
        { capabilities: { resources: { subscribe: true } } },
      );
      for (const name of ['a', 'b']) server.registerResource(name, `note://${name}`, {}, read);
      return server;
    },
    { legacy: 'reject' },
  );
  const http = createServer(toNodeHandler(handler) as Parameters<typeof createServer>[1]);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    http.closeAllConnections();
    http.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  return { url, update: (uri: string) => handler.notify.resourceUpdated(uri) };
}

async function serve(mountable: Mountable) {
  const host = await serveTo(mountable, { ada: user('ada', 'notes:read'), bob: user('bob', 'notes:read') });
  closing.push(host.close);
  return host.url;
}

/** What a client that listens to both notes hears. */
async function listener(url: URL, era: (typeof ERAS)[number], uris = ['note://a', 'note://b'], who = 'ada') {
  const ada = await connectCaller(url, who, era);
  const heard: string[] = [];
  ada.client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
  const [first = ''] = uris;
  if (era === 'legacy') {
    await ada.client.subscribeResource({ uri: first });
    return { heard, stop: ada.close, client: ada.client };
  }
  const stream = await ada.client.listen({ resourceSubscriptions: [first] });
  return { heard, stop: () => stream.close().then(ada.close), client: ada.client };
}

describe('a resource of somebody else that changes', () => {
  it.each(ERAS)(
    'is told to whoever listens to it, and the server is asked for as long as anybody does (%s)',
    async (era) => {
      const { server, listening, update } = subscribable();
      const url = await serve(fromSdk(server, { name: 'notes', policy, sessions: true }));
      const one = await listener(url, era);
      const other = await listener(url, era);
      await expect.poll(() => [...listening]).toEqual(['note://a']);
      await expect
        .poll(() => {
          if (one.heard.length === 0 || other.heard.length === 0) update('note://a');
          return one.heard.length > 0 && other.heard.length > 0;
        })
        .toBe(true);
      update('note://b');
      await one.stop();
      await expect(other.client.subscribeResource({ uri: 'note://b' })).rejects.toThrow();
      expect([...listening]).toEqual(['note://a']);
      if (era === 'auto') {
        await other.stop();
        await expect.poll(() => [...listening]).toEqual([]);
      } else {
        await other.client.unsubscribeResource({ uri: 'note://a' });
        await other.stop();
      }
      expect(new Set([...one.heard, ...other.heard])).toEqual(new Set(['note://a']));
    },
  );

  it('is told through a remote server of 2026-07-28, also where it is part of a server of ours', async () => {
    const far = await modern();
    const inner = remote(far.url, { name: 'notes', policy, timeout: 5 });
    const url = await serve(defineServer({ name: 'whole', version: '1' }).mount('far', inner));
    const ada = await connectCaller(url, 'ada', 'auto');
    const { resources } = await ada.client.listResources();
    const uri = resources[0]?.uri ?? '';
    const { heard, stop } = await listener(url, 'auto', [uri]);
    await expect
      .poll(() => {
        if (heard.length === 0) far.update('note://a');
        return heard;
      })
      .toEqual([uri]);
    await Promise.all([stop(), ada.close()]);
  });

  it('is told to one caller alone where it is that caller whose own connection says so', async () => {
    const made: ReturnType<typeof subscribable>[] = [];
    const make = () => {
      made.push(subscribable());
      return made.at(-1)?.server as McpServerV1;
    };
    const url = await serve(fromSdk(make, { name: 'notes', policy }));
    const [ada, bob] = [await listener(url, 'auto'), await listener(url, 'auto', ['note://a'], 'bob')];
    await ada.client.readResource({ uri: 'note://a' });
    expect(made).toHaveLength(2);
    made[1]?.update('note://a');
    await expect.poll(() => ada.heard).toEqual(['note://a']);
    made[0]?.update('note://a');
    await expect.poll(() => ada.heard).toEqual(['note://a', 'note://a']);
    await expect.poll(() => bob.heard).toEqual(['note://a']);
    await Promise.all([ada.stop(), bob.stop()]);
  });
});
