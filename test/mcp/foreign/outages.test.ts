import { StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Unavailable } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { connect } from '../../../src/mcp/foreign/connection.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { type RemoteOptions, remote } from '../../../src/mcp/remote/remote.ts';
import { user } from '../callers.ts';
import { type HttpHost, listen } from '../http-host.ts';
import { type Caller, connectCaller } from './callers.ts';
import { modernServer, olderServer } from './far-servers.ts';
import { POLICY, serverV1, serverV2 } from './sdk-servers.ts';

let now = 1_000_000;
const parts = { log: silentLog, clock: () => now, fetch };
const add = { name: 'add', arguments: { a: 1, b: 1 } };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const mounted = (url: string, more: Partial<RemoteOptions> = {}) =>
  remote(url, { name: 'trips', policy: POLICY, timeout: 5, ...more });

async function serve(mountable: Mountable): Promise<HttpHost> {
  await mountable.start?.(parts);
  closing.push(async () => mountable.close?.());
  const host = await listen(mountable, { ada: user('ada', 'trips:book') });
  closing.push(host.close);
  return host;
}

async function caller(host: HttpHost): Promise<Caller> {
  const ada = await connectCaller(host.url, 'ada', 'auto');
  closing.push(ada.close);
  return ada;
}

const older = async () => {
  const far = await olderServer(() => serverV1());
  closing.push(far.close);
  return far;
};

describe('a remote server that goes away', () => {
  it('leaves its items where they are: calls are answered 503 until it is back', async () => {
    const far = await older();
    const ada = await caller(await serve(mounted(far.url)));
    await far.close();
    await expect(ada.client.callTool(add)).rejects.toMatchObject({ status: 503 });
    expect((await ada.client.listTools()).tools.map(({ name }) => name)).toContain('add');
    far.forget();
    await far.reopen();
    now += 100;
    expect(await ada.call('add', add.arguments)).toBe('2');
  });

  it('may forget its sessions: the call is made in another one', async () => {
    const far = await older();
    const ada = await caller(await serve(mounted(far.url)));
    expect(await ada.call('add', add.arguments)).toBe('2');
    far.forget();
    expect(await ada.call('add', add.arguments)).toBe('2');
    expect(far.made.length).toBe(2);
  });

  it.each([404, 400])('may say so with %i: only the first means for sure that the call has not run', async (status) => {
    const far = await older();
    const ada = await caller(await serve(mounted(far.url)));
    const [session] = far.seen.flatMap((sent) => sent['mcp-session-id'] ?? []);
    far.before = (request, response) => {
      if (request.headers['mcp-session-id'] === session) response.writeHead(status).end();
    };
    if (status === 400) await expect(ada.client.callTool(add)).rejects.toMatchObject({ status: 503 });
    expect(await ada.call('add', add.arguments)).toBe('2');
    expect(far.made.length).toBe(2);
  });

  it('may find fault with one call (400): it is sent once, and the session goes on for everybody', async () => {
    const far = await older();
    const host = await serve(mounted(far.url));
    const [ada, bob] = [await caller(host), await caller(host)];
    let sent = 0;
    far.before = (_, response) => {
      sent += 1;
      if (sent === 1) response.writeHead(400).end();
    };
    await expect(ada.client.callTool(add)).rejects.toMatchObject({ status: 503 });
    // The call, and a sign of life.
    expect(sent).toBe(2);
    expect(await bob.call('add', add.arguments)).toBe('2');
    expect(far.made.length).toBe(1);
  });

  it('may say so when its lists are read: they are read in another one later', async () => {
    const far = await older();
    const connection = await connect({
      transport: new StreamableHTTPClientTransport(new URL(far.url)) as Transport,
      serves: { callers: 'many', related: false },
      protocol: 'legacy',
      timeout: 5000,
      log: silentLog,
      onListChanged: () => undefined,
      onResourceUpdated: () => undefined,
    });
    expect((await connection.lists()).tools.map(({ name }) => name)).toContain('add');
    far.forget();
    await expect(connection.lists()).rejects.toMatchObject({ status: 503, reason: 'foreign_session_lost' });
    expect(await connection.closed).toBe('forgotten');
    await connection.close();
  });

  it('lets the calls of others go on in a session that one call says is over', async () => {
    const ran: string[] = [];
    const far = await olderServer(() => serverV1(ran));
    closing.push(far.close);
    const host = await serve(mounted(far.url));
    const [ada, other] = [await caller(host), await caller(host)];
    const leaving = new AbortController();
    const waiting = ada.client.callTool({ name: 'wait' }, { signal: leaving.signal });
    await expect.poll(() => ran).toEqual(['wait']);
    const session = far.seen.at(-1)?.['mcp-session-id'];
    far.before = (request, response) => {
      if (request.headers['mcp-session-id'] === session) response.writeHead(404).end();
    };
    for (const _ of [1, 2, 3]) expect(await other.call('add', add.arguments)).toBe('2');
    expect(ran).toEqual(['wait']);
    far.before = undefined;
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => ran).toEqual(['wait', 'cancelled']);
  });

  it('keeps a host from starting only where it is required', async () => {
    const nobody = 'http://127.0.0.1:1/mcp';
    const optional = mounted(nobody);
    await optional.start?.(parts);
    expect([...optional.catalogue().keys()]).toContain('trips:book');
    expect(optional.surface().listChanged).toEqual(['tools', 'prompts', 'resources']);
    await optional.close?.();
    const required = mounted(nobody, { required: true });
    await expect(required.start?.(parts)).rejects.toThrow(Unavailable);
  });

  it('is not tried again and again: soon after a failure the answer is at once', async () => {
    const far = await older();
    const ada = await caller(await serve(mounted(far.url)));
    far.before = (_, response) => void response.writeHead(503).end();
    far.forget();
    const attempt = () => expect(ada.client.callTool(add)).rejects.toMatchObject({ status: 503 });
    far.before = (request, response) => {
      if (request.headers['mcp-session-id'] === undefined) response.writeHead(503).end();
    };
    await attempt();
    await attempt();
    const seen = far.seen.length;
    await attempt();
    expect(far.seen.length).toBe(seen);
    far.before = undefined;
    now += 100;
    expect(await ada.call('add', add.arguments)).toBe('2');
  });
});

describe('a remote server that misbehaves', () => {
  it('is given up when it is silent for too long', async () => {
    const ran: string[] = [];
    const far = await olderServer(() => serverV1(ran));
    closing.push(far.close);
    const ada = await caller(await serve(mounted(far.url, { timeout: 0.3 })));
    await expect(ada.client.callTool({ name: 'wait' })).rejects.toMatchObject({ status: 503 });
    await expect.poll(() => ran).toEqual(['wait', 'cancelled']);
  });

  it('cannot make us take in more than we said, in a stream or at once', async () => {
    const large = () => {
      const server = serverV2();
      server.registerTool(
        'large',
        { annotations: { readOnlyHint: true }, inputSchema: z.object({ size: z.number() }) },
        ({ size }) => ({
          content: [{ type: 'text', text: 'x'.repeat(size) }],
        }),
      );
      return server;
    };
    const far = await modernServer(large);
    closing.push(far.close);
    const ada = await caller(await serve(mounted(far.url, { maxBytes: 20_000 })));
    expect(await ada.call('large', { size: 15_000 })).toHaveLength(15_000);
    await expect(ada.client.callTool({ name: 'large', arguments: { size: 25_000 } })).rejects.toMatchObject({
      status: 503,
    });
    expect(await ada.call('add', add.arguments)).toBe('2');
  });

  it('tells of changed lists in either revision, and clients hear of it', async () => {
    const far = await older();
    const late = { annotations: { readOnlyHint: true } };
    const servers: { url: string; change(): void }[] = [
      { url: far.url, change: () => void far.made[0]?.registerTool('late', late, () => ({ content: [] })) },
    ];
    let grown = false;
    const modern = await modernServer(() => {
      const server = serverV2();
      if (grown) server.registerTool('late', late, () => ({ content: [] }));
      return server;
    });
    closing.push(modern.close);
    servers.push({
      url: modern.url,
      change() {
        grown = true;
        modern.changed();
      },
    });
    for (const { url, change } of servers) {
      const ada = await caller(await serve(mounted(url)));
      const heard: string[] = [];
      ada.client.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('tools'));
      await ada.client.listen({ toolsListChanged: true });
      change();
      await expect.poll(() => heard).toEqual(['tools']);
      expect((await ada.client.listTools()).tools.map(({ name }) => name)).toContain('late');
    }
  });
});

describe('remote', () => {
  it('is refused at definition where its options cannot work', () => {
    const make =
      (url: string, more: object = {}) =>
      () =>
        mounted(url, more);
    expect(make('http://10.0.0.7/mcp')).toThrow('Server trips: its URL must be an https URL');
    expect(make('http://10.0.0.7/mcp', { allowUnencryptedHttp: true })).not.toThrow();
    expect(make('https://10.0.0.7/mcp')).not.toThrow();
    expect(make('https://user:pw@trips.example/mcp')).toThrow('user info');
    expect(make('file:///etc/passwd', { allowUnencryptedHttp: true })).toThrow('must be an http or https URL');
    expect(make('https://trips.example/mcp', { maxBytes: 5 })).toThrow('maxBytes must be 1024 or more');
  });
});
