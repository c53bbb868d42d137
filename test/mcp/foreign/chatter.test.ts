import type { Transport } from '@modelcontextprotocol/client';
import type { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type InputRequest, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { connect } from '../../../src/mcp/foreign/connection.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';
import { withMiddleware } from '../../../src/mcp/middleware/with-middleware.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { remote } from '../../../src/mcp/remote/remote.ts';
import { modern, serving, user } from '../callers.ts';
import { connectCaller } from './callers.ts';
import { modernServer, olderServer } from './far-servers.ts';
import { serverV1, serverV2 } from './sdk-servers.ts';
import { PARTS, serve } from './served.ts';

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const options = { name: 'far', sessions: true, policy: { rules: [{ name: '*', scopes: [] }] } };
const form = { message: 'Where to?', requestedSchema: { type: 'object' as const, properties: {} } };
const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: String(value) }] });

/** Says more than anybody reads. */
const chattyV1 = (): McpServerV1 => {
  const server = serverV1();
  server.registerTool('chat', {}, async ({ sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken ?? 0;
    for (let progress = 0; progress < 2000; progress += 1) {
      const params = { progressToken, progress, message: 'x'.repeat(1000) };
      await sendNotification({ method: 'notifications/progress', params });
      await sendNotification({
        method: 'notifications/message',
        params: { level: 'info', data: 'y'.repeat(1000) },
      });
    }
    return text('done');
  });
  return server;
};

/** Asks many questions at once: says how many were answered and how many refused. */
const curiousV2 = (): McpServer => {
  const server = serverV2();
  server.registerTool('flood', {}, async () => {
    const asked = Array.from({ length: 30 }, () => server.server.elicitInput(form));
    const ended = await Promise.allSettled(asked);
    const refused = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason.message] : []));
    return text(`${30 - refused.length} answered, ${refused.length} refused: ${[...new Set(refused)]}`);
  });
  server.registerTool('leave', {}, () => {
    server.server.elicitInput(form).catch(() => undefined);
    return text('left');
  });
  for (const count of [20, 21]) {
    server.registerTool(`ask-${count}`, {}, ({ mcpReq }) => {
      if (mcpReq.inputResponses !== undefined) return text(Object.keys(mcpReq.inputResponses).length);
      const one = inputRequired.elicit(form) as InputRequest;
      return inputRequired({ inputRequests: Object.fromEntries(Array.from({ length: count }, (_, n) => [n, one])) });
    });
  }
  return server;
};

async function serveTo(mountable: Mountable) {
  const host = await serve(mountable, { ada: user('ada') });
  closing.push(host.close);
  return host;
}

async function caller(mountable: Mountable, era: 'auto' | 'legacy') {
  const host = await serveTo(mountable);
  const ada = await connectCaller(host.url, 'ada', era, 'Rome');
  closing.push(ada.close);
  return ada;
}

describe('a server that chatters', () => {
  const far = async () => {
    const server = await olderServer(chattyV1);
    closing.push(server.close);
    return remote(server.url, options);
  };

  it.each([
    ['in this process', async () => fromSdk(chattyV1(), options)],
    ['behind a URL', far],
  ])('DS-04 does not fill our memory for a caller who does not read (%s)', async (_, make) => {
    const mountable = await make();
    await mountable.start?.(PARTS);
    closing.push(async () => mountable.close?.());
    const ended = Promise.withResolvers<void>();
    const watched = withMiddleware(mountable, {
      async callTool(_, next) {
        const result = await next();
        ended.resolve();
        return result;
      },
    });
    const { raw, endpoint } = serving(watched);
    closing.push(endpoint.close);
    const meta = { progressToken: 'p', 'io.modelcontextprotocol/logLevel': 'debug' };
    const answer = await raw(modern('tools/call', { name: 'chat', arguments: {}, _meta: meta }));
    await ended.promise;
    const kept = await answer.text();
    expect(kept.length).toBeGreaterThan(1_000_000);
    expect(kept.length).toBeLessThan(1_300_000);
    expect(kept).toContain('"text":"done"');
  });
});

describe('a server that does not take in the answers to what it asks', () => {
  /** One that says what it is, and lets every answer that it gets wait until `takeIn`. */
  const careless = () => {
    const waiting: (() => void)[] = [];
    const transport: Transport = {
      start: async () => undefined,
      close: async () => undefined,
      async send(message) {
        if (!('method' in message)) return new Promise<void>((resolve) => waiting.push(resolve));
        if (!('id' in message)) return;
        const facts = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'far', version: '1' } };
        transport.onmessage?.({ jsonrpc: '2.0', id: message.id, result: facts });
      },
    };
    const ping = async (times: number) => {
      for (let id = 0; id < times; id += 1) transport.onmessage?.({ jsonrpc: '2.0', id, method: 'ping' });
      await new Promise((resolve) => setImmediate(resolve));
      return waiting.length;
    };
    const takeIn = async () => {
      for (const taken of waiting.splice(0)) taken();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { transport, ping, takeIn };
  };

  it('DS-10 has 200 of them wait at most, and gets answers again once it takes them in', async () => {
    const { transport, ping, takeIn } = careless();
    const connection = await connect({
      transport,
      serves: { callers: 'many', related: false },
      protocol: 'legacy',
      timeout: 5000,
      log: silentLog,
      onListChanged: () => undefined,
      onResourceUpdated: () => undefined,
    });
    closing.push(connection.close);
    expect(await ping(150)).toBe(150);
    expect(await ping(5000)).toBe(200);
    await takeIn();
    expect(await ping(10)).toBe(10);
  });
});

describe('a server that asks too much at once', () => {
  it('is refused more than 20 questions, each time', async () => {
    const ada = await caller(fromSdk(curiousV2(), options), 'legacy');
    for (const asked of [20, 40]) {
      const outcome = await ada.call('flood');
      expect(outcome).toContain('20 answered, 10 refused: ');
      expect(outcome).toContain('A call may have 20 open questions at most.');
      expect(ada.asked).toHaveLength(asked);
    }
  });

  it('has no question left with the caller when it has answered', async () => {
    const host = await serveTo(fromSdk(curiousV2(), options));
    const ada = await connectCaller(host.url, 'ada', 'legacy', 'Rome');
    closing.push(ada.close);
    const taken = Promise.withResolvers<boolean>();
    ada.client.setRequestHandler('elicitation/create', (_, { mcpReq: { signal } }) => {
      signal.addEventListener('abort', () => taken.resolve(true));
      return taken.promise.then(() => ({ action: 'cancel' as const }));
    });
    expect(await ada.call('leave')).toBe('left');
    expect(await taken.promise).toBe(true);
  });

  it('may ask 20 together in 2026-07-28, and no call is made of more', async () => {
    const server = await modernServer(curiousV2);
    closing.push(server.close);
    const ada = await caller(remote(server.url, { ...options, perPrincipal: true }), 'auto');
    expect(await ada.call('ask-20')).toBe('20');
    await expect(ada.call('ask-21')).rejects.toMatchObject({ code: -32600 });
    expect(ada.asked).toHaveLength(20);
  });
});
