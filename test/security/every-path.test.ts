import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { connectInMemory } from '../contracts/connect-in-memory.ts';
import { legacy, modern, user } from '../mcp/callers.ts';
import { type HttpHost, listen } from '../mcp/http-host.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { mountVaults, type Vault, vault } from './every-path-servers.ts';
import { type Came, messagesAbout, sendTo, sessionsOver, waysOver } from './every-path-ways.ts';

const ran: string[] = [];
const run = (what: string): string => {
  ran.push(what);
  return `ran ${what}`;
};
let host: KeyedHost;
let far: HttpHost;
let vaults: readonly Vault[] = [];
beforeAll(async () => {
  far = await listen(vault(run), { ours: user('us', 'notes:read', 'notes:write') });
  host = await startKeyedHost(
    (made) => {
      vaults = mountVaults(made, run, far.url);
    },
    { rest: true },
  );
});
afterAll(async () => {
  await host.close();
  await far.close();
});

const send = sendTo((mount) => `${host.url}${mount}/mcp`);
const session = sessionsOver(send);
const ways = waysOver(send, session);

/** Whether nothing was refused, not found or broken. */
const wentWell = ({ status, body }: Came, runs: boolean): boolean =>
  runs ? status === 200 && body.error === undefined && body.result?.isError !== true : status === 202;

const REFUSED = { status: 403, scope: 'notes:read notes:write' };
const ask = (mount: string, token: string, method: string, params: Record<string, unknown> = {}) =>
  send(mount, token, modern(method, params));

describe('every path to an item', () => {
  it.each(ways)(
    'MC-01 ends at the gate for callers without its scopes, and leads there for others: $name',
    async (way) => {
      for (const vault of vaults) {
        const abouts = messagesAbout(vault);
        // Those who may first: an answer that is kept for them is for nobody else.
        for (const about of abouts) {
          const good = await way.send(vault.mount, 'writer', about);
          expect([vault.mount, about, good?.text, good === undefined || wentWell(good, way.runs)]).toEqual([
            vault.mount,
            about,
            good?.text,
            true,
          ]);
        }
        const before = ran.length;
        for (const about of abouts) {
          const refused = await way.send(vault.mount, 'reader', about);
          if (refused !== undefined) expect([vault.mount, about, refused]).toMatchObject([vault.mount, about, REFUSED]);
        }
        expect(ran).toHaveLength(before);
      }
    },
  );

  it('runs what it is asked for, and nothing for a notification', async () => {
    for (const { mount, tool } of vaults.filter(({ mount: at }) => at !== '/kept')) {
      const { message, headers } = modern('tools/call', { name: tool, arguments: {} });
      ran.length = 0;
      await send(mount, 'writer', { message, headers });
      expect(ran).toHaveLength(1);
      const { id: _, ...notification } = message as { readonly id: number };
      expect((await send(mount, 'writer', { message: notification, headers })).status).toBe(202);
      expect(ran).toHaveLength(1);
    }
  });

  it('MC-03 is not a batch, of however few', async () => {
    for (const vault of vaults) {
      const about = { name: vault.tool, arguments: {} };
      for (const era of [legacy, modern]) {
        const { message, headers } = era('tools/call', about);
        const before = ran.length;
        for (const token of ['reader', 'writer']) {
          const batch = await send(vault.mount, token, { message: [message], headers });
          expect([batch.status, batch.body.error?.code]).toEqual([400, -32600]);
        }
        expect(ran).toHaveLength(before);
        expect((await send(vault.mount, 'writer', { message, headers })).status).toBe(200);
      }
    }
  });

  it('MC-12 is not a list: it shows nothing of what its caller may not use, and asks no template', async () => {
    for (const { mount, ...names } of vaults.filter(({ mount: at }) => at !== '/kept' && at !== '/beside')) {
      const { tool, prompt, fixed, template } = names;
      const lists = [
        ['tools/list', '/tools', tool],
        ['prompts/list', '/prompts', prompt],
        ['resources/list', '/resources', fixed],
        ['resources/templates/list', '/resources/templates', template],
      ] as const;
      for (const [method, path, name] of lists) {
        if (name === undefined) continue;
        const listing = (token: string): Promise<readonly Came[]> =>
          Promise.all([
            ask(mount, token, method),
            send(mount, token, legacy(method)),
            session(mount, token).then((header) => send(mount, token, legacy(method, {}, header))),
            send(mount, token, { path, httpMethod: 'GET', message: undefined, headers: {} }),
          ]);
        const before = ran.length;
        for (const { text } of await listing('reader'))
          expect([mount, text.includes(`"${name}"`)]).toEqual([mount, false]);
        expect(ran).toHaveLength(before);
        const shown = await listing('writer');
        expect([mount, method, shown.filter(({ text }) => text.includes(`"${name}"`)).length]).toEqual([
          mount,
          method,
          4,
        ]);
      }
    }
  });

  it('is not a description of the mount', async () => {
    for (const { mount, tool } of vaults) {
      const describedTo = (token: string) =>
        send(mount, token, { path: '/openapi.json', httpMethod: 'GET', message: undefined, headers: {} });
      expect((await describedTo('reader')).text).not.toContain(`/tools/${tool}"`);
      expect((await describedTo('writer')).text).toContain(`/tools/${tool}"`);
    }
  });

  it('is not a handler that reads for its caller', async () => {
    for (const [mount, tool, each] of [
      ['/own', 'aside', 'vault://each/7'],
      ['/beside', 'aside', 'vault://each/7'],
      ['/hub', 'a_b_aside', 'vault://each/7'],
    ] as const) {
      for (const way of ['vault://fixed', each, 'prompt']) {
        const params = { name: tool, arguments: { way } };
        for (const era of [modern, legacy]) {
          const before = ran.length;
          expect(await send(mount, 'reader', era('tools/call', params))).toMatchObject(REFUSED);
          expect(ran).toHaveLength(before);
          expect((await send(mount, 'writer', era('tools/call', params))).text).toContain('ran ');
          expect(ran).toHaveLength(before + 1);
        }
      }
    }
  });

  it('is not a program that serves itself', async () => {
    await using few = await connectInMemory(vault(run), { scopes: ['notes:read'] });
    await using all = await connectInMemory(vault(run), { scopes: ['notes:read', 'notes:write'] });
    const ref = { type: 'ref/prompt', name: 'secret' } as const;
    const paths = [
      (client: McpClient) => client.callTool('secret'),
      (client: McpClient) => client.callTool('aside', { way: 'vault://fixed' }),
      (client: McpClient) => client.getPrompt('secret'),
      (client: McpClient) => client.readResource('vault://each/7'),
      (client: McpClient) => client.complete({ ref, argument: { name: 'of', value: '' } }),
    ];
    for (const path of paths) {
      const before = ran.length;
      await expect(path(few)).rejects.toMatchObject({ requiredScope: 'notes:read notes:write' });
      expect(ran).toHaveLength(before);
      expect(JSON.stringify(await path(all))).toContain('ran ');
    }
    expect((await few.listTools()).map(({ name }) => name)).toEqual(['aside']);
  });

  it('XM-02 is not a session of somebody who holds the scopes', async () => {
    for (const { mount, tool } of vaults) {
      const theirs = await session(mount, 'writer');
      const call = legacy('tools/call', { name: tool, arguments: {} }, theirs);
      const before = ran.length;
      expect(await send(mount, 'reader', call)).toMatchObject(REFUSED);
      const list = legacy('tools/list', {}, theirs);
      expect((await send(mount, 'reader', list)).status).toBe(404);
      expect(ran).toHaveLength(before);
      expect(wentWell(await send(mount, 'writer', call), true)).toBe(true);
    }
  });

  it('MC-26 has one name: neither the one before it was mounted, nor another spelling, nor what was left out', async () => {
    const tools = [
      'secret',
      'b_secret',
      'a_secret',
      'a_b__secret',
      'a__b_secret',
      'A_b_secret',
      'a_b_secret.',
      'a_b_b_secret',
    ];
    const uris = [
      'vault://fixed',
      'vault://b/fixed',
      'vault://a/b/fixed/',
      'vault://a/b/fixed?',
      'vault://a/b/fixed#x',
      'vault:a/b/fixed',
      'vault:///a/b/fixed',
      'vault://a//b/fixed',
      'vault://a/./b/fixed',
      'vault://a/b/x/../fixed',
      'vault://a/b%2ffixed',
      'vault://a/b/%66ixed',
      'Vault://a/b/fixed',
      'vault://A/b/fixed',
      'vault://a/b/each/..',
      'vault://a/b/each/%2e%2e',
      'vault://a/b/each/1/2',
    ];
    const cases = [
      ...tools.map((name) => ['/hub', 'tools/call', { name, arguments: {} }] as const),
      ...tools.map((name) => ['/hub', 'prompts/get', { name }] as const),
      ...uris.map((uri) => ['/hub', 'resources/read', { uri }] as const),
      ['/part', 'tools/call', { name: 'v_secret', arguments: {} }] as const,
      ['/part', 'resources/read', { uri: 'vault://v/fixed' }] as const,
      ['/strange', 'tools/call', { name: 'unruled', arguments: {} }] as const,
      ['/beyond', 'tools/call', { name: 'secret', arguments: {} }] as const,
      ['/beyond', 'tools/call', { name: 'r_aside', arguments: { way: 'prompt' } }] as const,
      ['/beyond', 'resources/read', { uri: 'vault://fixed' }] as const,
    ];
    const before = ran.length;
    for (const [index, [mount, method, params]] of cases.entries()) {
      const era = index % 2 === 0 ? modern : legacy;
      const { body } = await send(mount, 'writer', era(method, params));
      expect([mount, params, body.error?.code]).toEqual([mount, params, -32602]);
    }
    expect(ran).toHaveLength(before);
    expect(wentWell(await ask('/part', 'writer', 'resources/read', { uri: 'vault://v/each/7' }), true)).toBe(true);
    expect(await ask('/part', 'reader', 'resources/read', { uri: 'vault://v/each/7' })).toMatchObject(REFUSED);
  });
});
