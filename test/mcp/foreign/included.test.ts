import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';

function files(): McpServer {
  const server = new McpServer({ name: 'files', version: '1' });
  const template = new ResourceTemplate('files://{name}', { list: undefined });
  server.registerResource('file', template, {}, ({ href: uri }) => ({ contents: [{ uri, text: '' }] }));
  return server;
}

it('a copy of somebody else’s server keeps to the rules of its policy about single URIs', async () => {
  const rules = [
    { name: 'files://gone*', hidden: true },
    { name: 'files://secret*', scopes: ['admin'] },
    { name: '*', scopes: ['read'] },
  ] as const;
  const theirs = fromSdk(files, { name: 'files', policy: { rules } });
  await theirs.start?.({ log: silentLog, clock: () => 1, fetch });
  try {
    const { find } = defineServer({ name: 'hub', version: '1' }).include('a', theirs).surface();
    expect(find('files://a/open')?.item.scopes).toEqual(['read']);
    expect(find('files://a/secret')?.item.scopes).toEqual(['read', 'admin']);
    expect(find('files://a/SECRET')?.item.scopes).toEqual(['read', 'admin']);
    expect(find('files://a/gone')).toBeUndefined();
  } finally {
    await theirs.close?.();
  }
});
