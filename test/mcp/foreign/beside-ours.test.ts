import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineServer, type ServerDefinition } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { until } from '../../support/until.ts';
import { modern, serving } from '../callers.ts';
import { PARTS } from './served.ts';

/** A server that has `send` and `own`, `notes://7`, and all of `log://{id}`. */
function theirs(): Mountable {
  const server = new McpServer({ name: 'far', version: '1' });
  const text = (uri: URL) => ({ contents: [{ uri: uri.href, text: 'theirs' }] });
  for (const name of ['send', 'own']) {
    server.registerTool(name, {}, () => ({ content: [{ type: 'text', text: 'theirs' }] }));
    server.registerPrompt(name, {}, () => ({
      messages: [{ role: 'user', content: { type: 'text', text: 'theirs' } }],
    }));
  }
  server.registerResource('seven', 'notes://7', {}, text);
  server.registerResource('log', new ResourceTemplate('log://{id}', { list: undefined }), {}, text);
  return fromSdk(server, { name: 'far', policy: { rules: [{ name: '*', scopes: [] }] } });
}

async function start(server: Mountable): Promise<void> {
  await server.start?.(PARTS);
  onTestFinished(async () => void (await server.close?.()));
}

const server = (options = {}): ServerDefinition => defineServer({ name: 'hub', version: '1', ...options });

/** Gives `to` items of ours that are called like theirs below the prefix `mail`. */
const withOurs = (to: ServerDefinition): ServerDefinition =>
  to
    .tool('mail_send', { description: 'Send', scopes: [] }, () => 'ours')
    .prompt('mail_send', { description: 'Send', scopes: [] }, () => 'ours')
    .resource('notes://mail/7', { scopes: [] }, () => 'ours')
    .resource('log://mail/{any}', { scopes: [] }, () => 'ours');

const NAMED = { tools: ['mail_send'], prompts: ['mail_send'], resources: ['notes://mail/7', 'log://mail/{any}'] };

/** Whose it is that each kind of name leads to. */
async function owners(definition: Mountable, name = 'mail_send'): Promise<readonly string[]> {
  const { ask } = serving(definition);
  const result = async (method: string, params: object) => (await ask(modern(method, { ...params }))).body.result;
  return [
    (await result('tools/call', { name }))?.content[0].text,
    (await result('prompts/get', { name }))?.messages[0].content.text,
    (await result('resources/read', { uri: 'notes://mail/7' }))?.contents[0].text,
    (await result('resources/read', { uri: 'log://mail/1' }))?.contents[0].text,
  ];
}

/** What the process warns of from now on about the server `name`. */
function hearing(name: string): readonly string[] {
  const heard: string[] = [];
  const keep = ({ message }: Error) => void (message.startsWith(`${name} has`) && heard.push(message));
  process.on('warning', keep);
  onTestFinished(() => void process.off('warning', keep));
  return heard;
}

const all = (who: string) => [who, who, who, who];

describe('an item of ours that has the name of one of a foreign server', () => {
  it('MC-26 is the one that counts, however it came beside, and also where the last mount counts', async () => {
    for (const duplicates of ['error', 'replace'] as const) {
      for (const beside of ['own', 'mounted', 'mounted later'] as const) {
        const far = theirs();
        const hub = server({ duplicates });
        const inner = withOurs(beside === 'own' ? hub : server());
        if (beside === 'mounted') hub.mount(inner);
        hub.mount('mail', far);
        if (beside === 'mounted later') hub.mount(inner);
        hub.surface();
        await start(far);
        expect([duplicates, beside, await owners(hub)]).toEqual([duplicates, beside, all('ours')]);
        expect((await owners(hub, 'mail_own')).slice(0, 2)).toEqual(['theirs', 'theirs']);
      }
    }
  });

  it('counts from when it is there, also where theirs was first, and again when it is back', async () => {
    const far = theirs();
    const hub = server().mount('mail', far);
    await start(far);
    expect(await owners(hub)).toEqual(all('theirs'));
    withOurs(hub);
    expect(await owners(hub)).toEqual(all('ours'));
    hub.disable(NAMED);
    expect(await owners(hub)).toEqual(all('theirs'));
    hub.enable(NAMED);
    expect(await owners(hub)).toEqual(all('ours'));
  });

  it('counts for a URI, too, that is theirs by another form', async () => {
    const far = theirs();
    const hub = server().mount('mail', far);
    await start(far);
    const uris = async () => (await owners(hub)).slice(2);
    expect(await uris()).toEqual(['theirs', 'theirs']);
    hub
      .resource('notes://mail/{path*}', { scopes: [] }, () => 'ours')
      .resource('log://mail/1', { scopes: [] }, () => 'ours');
    expect(await uris()).toEqual(['ours', 'ours']);
    hub.disable({ resources: ['notes://mail/{path*}', 'log://mail/1'] });
    expect(await uris()).toEqual(['theirs', 'theirs']);
  });

  it('counts at any depth, also within middleware and in a copy', async () => {
    const far = theirs();
    const mid = withOurs(server())
      .use({ callTool: (_, next) => next() })
      .mount('mail', far);
    const hub = server().mount(server().mount(mid));
    hub.surface();
    await start(far);
    expect(await owners(hub)).toEqual(all('ours'));
    expect(await owners(server().include(mid))).toEqual(all('ours'));
    const beside = server({ duplicates: 'replace' });
    expect(await owners(withOurs(beside).include('mail', far))).toEqual(all('ours'));
  });

  it('is a TypeError where both are known at the start, as of any two', async () => {
    const far = theirs();
    await start(far);
    const said = 'hub has the tool "mail_send" twice, of hub and of far (mounted as mail)';
    expect(() => withOurs(server()).include('mail', far).surface()).toThrow(said);
    expect(() => server().include('mail', far).surface()).not.toThrow();
  });

  it('is as old as it is there itself: what of ours comes later takes no URI from it', async () => {
    const far = theirs();
    const [mid, late] = [server().mount('mail', far), server()];
    const hub = server().mount(mid).mount(late);
    await start(far);
    expect((await owners(hub))[2]).toBe('theirs');
    mid.resource('notes://mail/7', { scopes: [] }, () => 'ours');
    expect((await owners(hub))[2]).toBe('ours');
    late.resource('notes://mail/{path*}', { scopes: [] }, () => 'late');
    expect((await owners(hub))[2]).toBe('ours');
  });

  it('keeps that name with a warning of the process, once while it does', async () => {
    const warned = hearing('warned');
    const far = theirs();
    const hub = server({ name: 'warned', duplicates: 'ignore' }).mount('mail', far);
    hub.tool('mail_send', { description: 'S', scopes: [] }, () => 'ours').surface();
    await start(far);
    const see = () => owners(hub);
    await see();
    hub.tool('another', { description: 'A', scopes: [] }, () => '');
    await see();
    hub.disable({ tools: ['mail_send'] });
    await see();
    hub.enable({ tools: ['mail_send'] });
    await see();
    hub.tool('mail_own', { description: 'O', scopes: [] }, () => 'ours');
    await see();
    await until(
      async () => warned,
      ({ value = [] }) => value.some((said) => said.includes('mail_own')),
    );
    const said = (name: string) =>
      `warned has the tool "${name}" twice, of warned and of far (mounted as mail), which somebody else wrote: that one is left out.`;
    expect(warned).toEqual([said('mail_send'), said('mail_send'), said('mail_own')]);
  });

  it('is warned of as what counts, where two of ours are as the later one', async () => {
    const warned = hearing('warning');
    const far = theirs();
    await start(far);
    const tool = { description: 'S', scopes: [] };
    const hub = server({ name: 'warning', duplicates: 'warn' }).tool('mail_send', tool, () => 'ours');
    hub.include('mail', far).mount(server().tool('mail_send', tool, () => 'later'));
    expect((await owners(hub))[0]).toBe('later');
    await until(
      async () => warned,
      ({ value = [] }) => value.some((said) => said.includes('left out')),
    );
    expect(warned).toEqual([
      expect.stringMatching(/"mail_send" twice, .* and of hub: the later one counts\.$/),
      expect.stringMatching(/"mail_send" twice, of hub and of far .* left out\.$/),
    ]);
  });
});
