import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { describeUrl } from '../../src/commands/describe-url.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { pageOf } from '../../src/mcp/describe/page.ts';
import { freePort } from '../support/free-port.ts';
import { type KeyedHost, startKeyedHost, wordTokens } from '../support/keyed-host.ts';
import { runNode } from '../support/run-node.ts';

let directory: string;
let running: KeyedHost;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-docs-'));
  const notes = defineServer({ name: 'notes', version: '1', scopes: { 'notes:read': 'Read your notes' } })
    .tool('add', { description: 'Add', scopes: ['notes:write'], input: z.object({ text: z.string() }) }, () => '')
    .tool('list', { description: 'List', scopes: ['notes:read'] }, () => '')
    .resource('notes://{id}', { scopes: ['notes:read'] }, () => '');
  const hub = defineServer({ name: 'hub', version: '1' }).mount('sub', notes, {
    scopes: { 'notes:read': 'hub:read', 'notes:write': 'hub:write' },
  });
  const tokens = { reader: ['notes:read'], writer: ['notes:read', 'notes:write'], outside: ['hub:read'] };
  running = await startKeyedHost((host) => host.mount('/notes', notes).mount('/hub', hub), {
    auth: wordTokens([], tokens),
  });
});
afterAll(async () => {
  await running.close();
  await rm(directory, { recursive: true });
});

const from = (path: string) => JSON.stringify(resolve(path));

/** A file whose host has a tool that needs `scopes`. */
async function hostFile(name: string, scopes: readonly string[]): Promise<string> {
  const file = join(directory, name);
  await writeFile(
    file,
    `import { createHost, defineServer } from ${from('src/index.ts')};
import { apiKeys } from ${from('providers/index.ts')};
setInterval(() => undefined, 1000);
const notes = defineServer({ name: 'notes', version: '1.0.0', scopes: { write: 'Write your notes' } })
  .tool('add', { description: 'Add', scopes: ${JSON.stringify(scopes)} }, () => '');
const host = createHost({ auth: apiKeys(), publicUrl: 'https://x.test', directory: ${JSON.stringify(directory)} });
export default host.mount('/notes', notes).mount('/', defineServer({ name: 'hub', version: '1' }).mount('n', notes));
`,
  );
  return file;
}

const docs = (...words: string[]) => runNode(['src/main.ts', 'docs', ...words]);

it('writes a page about the host of a file, and exits with 1 where the page says less than what somebody may do', async () => {
  const [strict, open, page] = [
    await hostFile('a.ts', ['write']),
    await hostFile('b.ts', []),
    join(directory, 'page.md'),
  ];
  expect(await docs(strict, '--out', page)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const text = await readFile(page, 'utf8');
  expect(text).toContain('| `add` | tool | `write` | Write your notes |');
  expect(text).toContain('| `n_add` | tool | `write` | Write your notes |');
  expect(text).toContain('at `https://x.test/mcp`');
  const [same, wider, none, missing] = await Promise.all([
    docs(strict, '--check', page),
    docs(open, '--check', page),
    docs(strict, '--check', strict),
    docs(strict, '--check', join(directory, 'nope.md')),
  ]);
  expect(same).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(wider.code).toBe(1);
  expect(wider.stderr).toContain('/notes: tool add needed write, and now nothing.');
  expect(wider.stderr).toContain('/: tool n_add needed write, and now nothing.');
  const written = await readFile(page, 'utf8');
  expect(await docs(open, '--check', page, '--out', page)).toMatchObject({ code: 1 });
  expect(await readFile(page, 'utf8')).toBe(written);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('is no page of `gatehouse docs`');
  expect([missing.code, missing.stderr]).toEqual([
    2,
    `${join(directory, 'nope.md')} is not there: write it with --out first.\n`,
  ]);
});

it('tells of a running server what is public, and with a token what its caller is listed', async () => {
  const url = `${running.url}/notes/mcp`;
  const open = pageOf([await describeUrl(url, '')]);
  expect(open).toContain('| `notes:read` | Read your notes | not told | not told |');
  expect(open).not.toContain('add');
  const reader = pageOf([await describeUrl(url, 'reader')]);
  expect(reader).toContain('| `list` | tool | `notes:read` | Read your notes |');
  expect(reader).toContain('| `notes://{id}` | template | `notes:read` | Read your notes |');
  expect(reader).not.toContain('add');
  const outside = pageOf([await describeUrl(`${running.url}/hub/mcp`, 'outside')]);
  expect(outside).toContain('| `sub_list` | tool | `hub:read` | Read your notes |');
  expect(pageOf([await describeUrl(url, 'writer')])).toContain('| `text` | string | yes |');
  expect(reader).not.toContain('gatehouse-access');
  await expect(describeUrl('http://notes.example.com/mcp', 'writer')).rejects.toThrow('is not sent over plain http');
  await expect(describeUrl(url, 'unknown')).rejects.toThrow(`MCP_TOKEN was not accepted by ${url}:`);
});

it('says in a sentence why a running server tells nothing, and ends with 1', async () => {
  await expect(describeUrl(`${running.url}/notes/mcp/`, '')).rejects.toThrow(
    `there is that of ${running.url}/notes/mcp.`,
  );
  await expect(describeUrl(`${running.url}/nope/mcp`, '')).rejects.toThrow('there is none that can be read');
  await expect(describeUrl(`${running.url}/nope/mcp`, 'reader')).rejects.toThrow('With MCP_TOKEN no lists came from');
  const dead = `http://127.0.0.1:${await freePort()}/notes/mcp`;
  await expect(describeUrl('https://', '')).rejects.toThrow('https:// is no URL.');
  const { code, stdout, stderr } = await docs(dead);
  expect([code, stdout, stderr]).toEqual([1, '', `${dead} cannot be reached: ECONNREFUSED\n`]);
});

it('cannot compare a running server, and says what it is missing', async () => {
  const [far, nothing] = await Promise.all([docs(`${running.url}/notes/mcp`, '--check', 'x.md'), docs()]);
  expect([far.code, nothing.code]).toEqual([2, 2]);
  expect(far.stderr).toContain('A running server does not tell all that --check compares');
  expect(nothing.stderr).toContain('The file or the URL is missing.');
});
