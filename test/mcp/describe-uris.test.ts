import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { type Access, readAccess } from '../../src/mcp/describe/access.ts';
import { describeServer } from '../../src/mcp/describe/description.ts';
import { pageOf } from '../../src/mcp/describe/page.ts';
import { sameAccess, widenings } from '../../src/mcp/describe/widened.ts';
import { fromSdk } from '../../src/mcp/from-sdk/from-sdk.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';
import type { PolicyRule } from '../../src/mcp/policy.ts';

/** Somebody's server with files behind a template. */
function files(): McpServer {
  const server = new McpServer({ name: 'files', version: '1' });
  const template = new ResourceTemplate('files://{name}', { list: undefined });
  server.registerResource('file', template, {}, ({ href: uri }) => ({ contents: [{ uri, text: '' }] }));
  return server;
}

async function pageAbout(server: Mountable): Promise<string> {
  await server.start?.({ log: silentLog, clock: () => 1, fetch });
  try {
    return pageOf([describeServer(server, { key: '/files' })]);
  } finally {
    await server.close?.();
  }
}

const behind = (...rules: PolicyRule[]): Mountable =>
  fromSdk(files, { name: 'files', policy: { rules, defaultScopes: ['read'] } });

async function access(server: Mountable): Promise<Access> {
  const read = readAccess(await pageAbout(server));
  if (read === undefined) throw new Error('The page does not hold what is compared.');
  return read;
}

const secret: PolicyRule = { name: 'files://secret*', scopes: ['admin'] };
const gone: PolicyRule = { name: 'files://gone*', hidden: true };
const rest: PolicyRule = { name: '*', scopes: ['read'] };
const other: PolicyRule = { name: 'mail://*', scopes: [] };

describe('rules about URIs of a template', () => {
  it('are on the page, under the names that the URIs have where the server is mounted', async () => {
    const page = await pageAbout(behind(gone, secret, other, rest));
    expect(page).toContain('| `files://gone*` | URIs of `files://{name}` | hidden: nobody reads them |  |');
    expect(page).toContain('| `files://secret*` | URIs of `files://{name}` | `read`, `admin` |');
    expect(page).not.toContain('mail://');
    const hub = defineServer({ name: 'hub', version: '1' }).mount(
      'a',
      behind(secret, { name: 'file*', kind: 'resource', scopes: ['x'] }, rest),
      {
        scopes: { admin: 'files:admin' },
      },
    );
    const mounted = await pageAbout(hub);
    expect(mounted).toContain('| `files://a/secret*` | URIs of `files://a/{name}` | `read`, `files:admin` |');
    expect(mounted).toContain('| `file*` | URIs of `files://a/{name}` |');
  });

  it.each<[string, PolicyRule[], PolicyRule[], string[]]>([
    ['one that is gone', [secret, rest], [rest], ['needed read, admin, and now need read.']],
    ['a hidden one that is gone', [gone, rest], [rest], ['were hidden, and now need read.']],
    [
      'one that asks for less',
      [secret, rest],
      [{ ...secret, scopes: ['x'] }, rest],
      ['needed read, admin, and now need read, x.'],
    ],
    ['one that comes too late', [secret, rest], [rest, secret], ['needed read, admin, and now need read.']],
    [
      'another one in front of it',
      [secret, rest],
      [{ name: 'files://SECRETS/a', scopes: [] }, secret, rest],
      ['needed read, admin, and now need read.'],
    ],
  ])('widen by %s', async (_, before, now, sentences) => {
    const told = widenings(await access(behind(...before)), await access(behind(...now)));
    expect(told.map((each) => each.replace(/^.* of template files:\/\/\{name\} /, ''))).toEqual(sentences);
  });

  it.each<[string, PolicyRule[], PolicyRule[]]>([
    ['a new one', [rest], [secret, rest]],
    ['one that is hidden now', [secret, rest], [{ name: 'files://secret*', hidden: true }, rest]],
    ['one about other URIs in front of it', [secret, rest], [{ name: 'files://open*', scopes: [] }, secret, rest]],
  ])('do not widen by %s, and yet the page is out of date', async (_, before, now) => {
    const [old, fresh] = [await access(behind(...before)), await access(behind(...now))];
    expect(widenings(old, fresh)).toEqual([]);
    expect(sameAccess(old, fresh)).toBe(false);
  });

  it('are the same in the same words', async () => {
    const [one, two] = [await access(behind(gone, secret, rest)), await access(behind(gone, secret, rest))];
    expect(widenings(one, two)).toEqual([]);
    expect(sameAccess(one, two)).toBe(true);
  });
});
