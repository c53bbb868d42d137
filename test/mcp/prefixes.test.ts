import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { fromSdk } from '../../src/mcp/from-sdk/from-sdk.ts';
import { withMiddleware } from '../../src/mcp/middleware/with-middleware.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';

const hub = (name = 'hub') => defineServer({ name, version: '1' });
const ours = (name = 'ours') => hub(name).tool('x', { description: 'X', scopes: [] }, () => name);
const foreign = (name: string) =>
  fromSdk(() => new McpServer({ name, version: '1' }), { name, policy: { rules: [{ name: '*', scopes: [] }] } });

describe('prefixes of mounted servers', () => {
  it('MC-26 are refused where one with its separator begins another, for a server could name its items like those of the other', () => {
    for (const [one, other, said] of [
      ['mail', 'mail_admin', 'mail_admin could be an item of mail'],
      ['mail_admin', 'mail', 'mail_admin could be an item of mail'],
      ['mail', 'mail_', 'mail_ could be an item of mail'],
      ['mail', 'mail', 'hub has the prefix "mail" already'],
    ] as const) {
      expect(() => hub().mount(one, hub()).mount(other, hub())).toThrow(TypeError);
      expect(() => hub().mount(one, hub()).mount(other, hub())).toThrow(said);
      expect(() => hub().include(one, ours()).include(other, ours())).toThrow(said);
      expect(() => hub().mount(one, hub()).include(other, ours())).toThrow(said);
    }
  });

  it('are taken where they are apart, and one that was refused leaves nothing behind', () => {
    const server = hub().mount('mail', ours());
    expect(() => server.mount('mail_admin', ours())).toThrow(TypeError);
    server.mount('mailadmin', ours()).mount('Mail_admin', ours()).mount('admin_mail', ours()).mount(ours());
    expect([...server.surface().tools.keys()]).toEqual(['mail_x', 'mailadmin_x', 'Mail_admin_x', 'admin_mail_x', 'x']);
  });
});

describe('servers of others', () => {
  const said = 'could name their items alike, which they say only later: mount each with a prefix of its own';
  const [one, two] = [foreign('one'), foreign('two')];

  it('MC-26 are refused beside each other where their names would not be apart, at whatever depth', () => {
    const below = (prefix: string, server: Mountable) => hub('mid').mount(prefix, server);
    for (const server of [
      hub().mount(one).mount(two),
      hub().mount(one).mount('a', two),
      hub()
        .mount('a', one)
        .mount(withMiddleware(two, { callTool: (_, next) => next() })),
      hub().mount(below('a', one)).mount('a', two),
      hub().mount(below('a', one)).mount('a_b', two),
      hub().mount(below('a', one)).mount(below('a', two)),
      hub()
        .mount('a_b', two)
        .mount(hub('deep').mount(below('a', one))),
    ]) {
      expect(() => server.catalogue()).toThrow(TypeError);
      expect(() => server.catalogue()).toThrow(said);
    }
    expect(() => hub().mount(one).mount('a', two).catalogue()).toThrow('two (mounted as a) and one on hub');
  });

  it('may stand beside each other below prefixes, and one without a prefix beside servers of ours', () => {
    for (const server of [
      hub().mount('a', one).mount('b', two),
      hub().mount('a', one).mount('b', one),
      hub().mount('a', hub('mid').mount(one)).mount('b', two),
      hub().mount('a', hub('mid').mount('b', one).mount('c', two)),
      hub().mount(one).mount(ours()).mount('a', ours()),
    ]) {
      expect(() => server.surface()).not.toThrow();
    }
  });
});
