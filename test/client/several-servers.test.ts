import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { severalServers } from '../../src/client/several-servers.ts';

/** A server that tells what it was asked. */
function told(server: string) {
  const asked: unknown[] = [];
  const note = async (...words: unknown[]) => {
    asked.push(words);
    return [] as never;
  };
  const client = {
    listTools: async () => [{ name: 'find', inputSchema: { type: 'object' } }],
    listPrompts: async () => [{ name: 'greet' }],
    listResources: async () => [{ name: 'all', uri: `${server}://all/of/it` }],
    listResourceTemplates: async () => [{ name: 'one', uriTemplate: `${server}://{id}` }],
    callTool: (name: string) => note('call', name),
    readResource: (uri: string) => note('read', uri),
    getPrompt: (name: string) => note('get', name),
    complete: ({ ref }: { ref: unknown }) => note('complete', ref),
    close: () => note('close'),
  } as unknown as McpClient;
  return { client, asked };
}

describe('several servers as one client', () => {
  const web = told('web');
  const files = told('files');
  const more = told('web-more');
  const all = severalServers(
    new Map([
      ['web', web.client],
      ['files', files.client],
      ['web-more', more.client],
    ]),
  );

  it('names everything by its server', async () => {
    const names = (await all.listTools()).concat((await all.listPrompts()) as never).map(({ name }) => name);
    expect(names).toEqual(['web_find', 'files_find', 'web-more_find', 'web_greet', 'files_greet', 'web-more_greet']);
    expect((await all.listResources()).map(({ uri }) => uri)[1]).toBe('files://files/all/of/it');
    expect((await all.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate)[0]).toBe('web://web/{id}');
  });

  it('asks the server that the name says, by the name that it knows', async () => {
    await all.callTool('web_find');
    await all.callTool('web-more_find');
    await all.getPrompt('files_greet');
    await all.readResource('files://files/all/of/it');
    const argument = { name: 'who', value: '' };
    await all.complete({ ref: { type: 'ref/prompt', name: 'files_greet' }, argument });
    await all.complete({ ref: { type: 'ref/resource', uri: 'files://files/{id}' }, argument });
    expect(web.asked).toEqual([['call', 'find']]);
    expect(more.asked).toEqual([['call', 'find']]);
    expect(files.asked).toEqual([
      ['get', 'greet'],
      ['read', 'files://all/of/it'],
      ['complete', { type: 'ref/prompt', name: 'greet' }],
      ['complete', { type: 'ref/resource', uri: 'files://{id}' }],
    ]);
  });

  it('refuses names of which one begins the other, for a tool would be of both', () => {
    const both = (one: string, two: string) => () =>
      severalServers(
        new Map([
          [one, web.client],
          [two, files.client],
        ]),
      );
    expect(both('crm', 'crm_eu')).toThrow(TypeError);
    expect(both('crm_eu', 'crm')).toThrow('crm_eu could be a tool of crm');
    expect(both('crm', 'crmeu')).not.toThrow();
  });

  it('refuses a name that is of none of them, and closes them all', async () => {
    await expect(all.callTool('find')).rejects.toThrow('find is of none of these servers: web, files, web-more.');
    await expect(all.readResource('files://all/of/it')).rejects.toThrow(TypeError);
    await all.close();
    for (const { asked } of [web, files, more]) expect(asked.at(-1)).toEqual(['close']);
  });
});
