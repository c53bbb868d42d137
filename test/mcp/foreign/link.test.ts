import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createLink } from '../../../src/mcp/from-sdk/link.ts';

describe('a line to a server in this process', () => {
  it.each([
    ['answered', (_: string) => ({ jsonrpc: '2.0', id: 7, result: {} }), 'far'],
    ['cancelled', (method: string) => ({ jsonrpc: '2.0', method, params: { requestId: 7 } }), 'near'],
  ] as const)('forgets whom a request is for when it is %s', async (_, last, end) => {
    const { near, far } = createLink(() => undefined);
    const heard: unknown[] = [];
    near.onmessage = (message) => heard.push('params' in message ? message.params?._meta : undefined);
    const say = () => far.send({ jsonrpc: '2.0', method: 'notifications/message' }, { relatedRequestId: 7 });
    await near.send({ jsonrpc: '2.0', id: 7, method: 'tools/call' }, { relatedRequestId: 3 });
    await say();
    const message = last('notifications/cancelled') as JSONRPCMessage;
    await (end === 'near' ? near.send(message) : far.send(message));
    await say();
    await expect.poll(() => heard.filter((meta) => meta !== undefined)).toEqual([{ 'gatehouse/related': 3 }, {}]);
  });
});
