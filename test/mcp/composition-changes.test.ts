import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { until } from '../support/until.ts';
import { modern, user } from './callers.ts';
import { type HttpHost, listen } from './http-host.ts';

const everyone = { to: 'everyone' } as const;
const child = defineServer({ name: 'notes', version: '1', listChanged: ['tools'] })
  .tool('add', { description: 'A', scopes: ['write'] }, () => '')
  .resource('notes://{id}', { scopes: ['read'], subscribe: true }, ({ id }) => id);
const mid = defineServer({ name: 'mid', version: '1' }).mount('b', child, { scopes: (scope) => `notes:${scope}` });
const top = defineServer({ name: 'top', version: '1', sessions: true }).mount('a', mid);

let host: HttpHost;
beforeAll(async () => {
  host = await listen(top, { ada: user('ada', 'notes:read'), other: user('other', 'read') });
});
afterAll(() => host.close());

/** What is told of: first something that nobody here asked for. */
function change(): void {
  child.resourceUpdated('notes://8', everyone);
  child.resourceUpdated('notes://7', everyone);
  child.disable({ tools: ['add'] }).enable({ tools: ['add'] });
}

describe('changes of a server two mounts down', () => {
  it('reach the client of a session under the names that it knows', async () => {
    const told: string[] = [];
    const client = new OlderClient({ name: 'client', version: '1' });
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void told.push('tools'));
    const requestInit = { headers: { authorization: 'Bearer ada' } };
    const transport = new OlderTransport(host.url, { requestInit });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    expect(client.getServerCapabilities()).toMatchObject({
      tools: { listChanged: true },
      resources: { subscribe: true },
    });
    await client.subscribeResource({ uri: 'notes://a/b/7' });
    await expect(client.subscribeResource({ uri: 'notes://7' })).rejects.toThrow('not found');
    await until(
      async () => {
        change();
        return told;
      },
      ({ value = [] }) => value.includes('tools') && value.includes('notes://a/b/7'),
    );
    expect(new Set(told)).toEqual(new Set(['notes://a/b/7', 'tools']));
    await client.close();
  });

  it('reach a stream of 2026-07-28, and one is opened with the scopes outside alone', async () => {
    const { message, headers } = modern('subscriptions/listen', {
      notifications: { toolsListChanged: true, resourceSubscriptions: ['notes://a/b/7'] },
    });
    const open = (who: string) =>
      fetch(host.url, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${who}` },
        body: JSON.stringify(message),
      });
    expect((await open('other')).status).toBe(403);
    const reader = (await open('ada')).body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    while (!told.includes('resources/updated') || !told.includes('tools/list_changed')) {
      if (told !== '') change();
      told += (await reader?.read())?.value ?? '';
    }
    expect(told).toContain('"uri":"notes://a/b/7"');
    expect(told).not.toContain('notes://8');
    await reader?.cancel();
  });
});
