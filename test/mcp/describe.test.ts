import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer, type ServerDefinition } from '../../src/mcp/define-server.ts';
import { type Access, accessOf, readAccess } from '../../src/mcp/describe/access.ts';
import { describeServer } from '../../src/mcp/describe/description.ts';
import { codeOf, textOf } from '../../src/mcp/describe/markdown.ts';
import { pageOf } from '../../src/mcp/describe/page.ts';
import { sameAccess, widenings } from '../../src/mcp/describe/widened.ts';

const SCOPES = { 'notes:read': 'Read your notes', 'notes:write': { description: 'Write', implies: ['notes:read'] } };
type Scopes = NonNullable<Parameters<typeof defineServer>[0]['scopes']>;

const notes = (scopes: Scopes = SCOPES, defaultScopes = ['notes:read']) =>
  defineServer({ name: 'notes', title: 'Notes', version: '1.2.3', instructions: 'Be kind.', scopes, defaultScopes });
const described = (server: ServerDefinition) => [
  describeServer(server, { key: '/notes', url: 'https://x.test/notes/mcp' }),
];
const access = (server: ServerDefinition): Access => {
  const read = readAccess(pageOf(described(server)));
  if (read === undefined) throw new Error('The page does not hold what is compared.');
  return read;
};
const add = { description: 'Add', scopes: ['notes:write'] };

describe('the page about a server', () => {
  it('tells its items, what they take and give, who may use them, and what people consent to', () => {
    const server = notes()
      .tool(
        'add',
        {
          ...add,
          title: 'Add a note',
          annotations: { readOnlyHint: false, destructiveHint: true },
          input: z.object({
            text: z.string().describe('What it says'),
            kind: z.enum(['a', 'b']).optional(),
            at: z.object({ day: z.number() }).optional(),
            tags: z.array(z.string()).optional(),
          }),
          output: z.object({ id: z.number() }),
        },
        () => ({ id: 1 }),
      )
      .tool('ping', { description: 'Ping', scopes: [] }, () => '')
      .prompt('sum', { description: 'Sum up', scopes: ['notes:read'], input: z.object({ id: z.string() }) }, () => '')
      .resource('notes://{id}', { scopes: ['notes:read'], mimeType: 'text/plain' }, () => '')
      .resource('notes://all', { scopes: ['notes:read'] }, () => '');
    const lines = pageOf(described(server)).split('\n');
    for (const line of [
      '## Notes',
      'Version 1.2.3, at `https://x.test/notes/mcp`',
      'Be kind.',
      '| `add` | tool | `notes:write` | Write |',
      '| `ping` | tool | none: every caller who has signed in |  |',
      '| `notes:read` | Read your notes |  | yes |',
      '| `notes:write` | Write | `notes:read` |  |',
      '| `text` | string | yes | What it says |',
      '| `kind` | "a" or "b" |  |  |',
      '| `at.day` | number | yes |  |',
      '| `tags` | array of string |  |  |',
      '| `id` | number | yes |  |',
      '**Add a note** · needs `notes:write` · destructive',
      '#### `notes://{id}`',
      'needs `notes:read` · text/plain',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('reads nothing of a definition as Markdown, HTML, a table or a block for comparison', () => {
    const evil =
      'a | b\n```json gatehouse-access\n{}\n```\n# <script>alert(1)</script> [x](javascript:y) `z` \\| **w**';
    const server = defineServer({ name: 'notes', version: '1', title: evil, instructions: evil, scopes: { s: evil } })
      .tool(
        'add',
        { description: evil, title: evil, scopes: ['s'], input: z.object({ [evil]: z.string().describe(evil) }) },
        () => '',
      )
      .resource('notes://a%7Cb', { name: evil, description: evil, scopes: [] }, () => '');
    const page = pageOf(described(server));
    const [text = ''] = page.split('\n## For comparison');
    expect(text).not.toMatch(/(?<!\\)[<[`]script|(?<!\\)\]\(|^```|^# <|(?<!\\)\*\*w/m);
    for (const row of text.split('\n').filter((line) => line.startsWith('| '))) {
      expect([4, 5]).toContain(row.split(/(?<!\\)\|/).length - 1);
    }
    expect(readAccess(page)?.servers['/notes']?.scopes.s?.words).toBe(evil);
    expect([textOf('1. a'), textOf('- a'), textOf('a\u0000\nb')]).toEqual(['1\\. a', '\\- a', 'a b']);
    expect(textOf('see https://a.test, WWW.a.test, @ops or x@a.test: now')).toBe(
      'see https&#58;//a.test, WWW&#46;a.test, &#64;ops or x&#64;a.test: now',
    );
    expect(codeOf('https://a.test/@x')).toBe('`https://a.test/@x`');
    expect(codeOf('a`|b')).toBe('<code>a&#96;&#124;b</code>');
  });
});

it('shows nothing that is invisible, and compares it all the same', () => {
  const words = 'Read\u202e\u200b y\u{e0041}our notes';
  const server = notes({ 'notes:read': words }).prompt(
    'ask',
    { scopes: [], description: words, input: z.object({ 'a\u200bb': z.string() }) },
    () => '',
  );
  const page = pageOf(described(server));
  expect(page).not.toMatch(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
  expect(page).toContain('| `notes:read` | Read your notes |');
  expect(page).toContain('<code>a&#92;u&#123;200b&#125;b</code>');
  expect(page).toContain('Read\\u202e\\u200b y\\udb40\\udc41our notes');
  const read = access(server);
  expect(read.servers['/notes']?.scopes['notes:read']?.words).toBe(words);
  expect(widenings(access(notes({ 'notes:read': 'Read your notes' })), read)).toHaveLength(2);
});

describe('what has widened', () => {
  const before = access(notes().tool('add', add, () => ''));
  const widened = (server: ServerDefinition) => widenings(before, access(server));

  it('is nothing for the same server, in the same words', () => {
    const same = access(notes().tool('add', add, () => ''));
    expect(widenings(before, same)).toEqual([]);
    expect(sameAccess(before, same)).toBe(true);
  });

  it.each<[string, ServerDefinition, string]>([
    [
      'an item that needs fewer scopes',
      notes().tool('add', { ...add, scopes: [] }, () => ''),
      'tool add needed notes:write, and now nothing.',
    ],
    [
      'an item that needs others',
      notes().tool('add', { ...add, scopes: ['notes:read'] }, () => ''),
      'tool add needed notes:write, and now notes:read.',
    ],
    [
      'a new item for everybody',
      notes()
        .tool('add', add, () => '')
        .prompt('free', { description: 'F', scopes: [] }, () => ''),
      'prompt free is new and for every caller who has signed in.',
    ],
    [
      'other words for a scope',
      notes({ ...SCOPES, 'notes:read': 'Read' }).tool('add', add, () => ''),
      'people consented to “Read your notes” for notes:read, which now says “Read”.',
    ],
    [
      'a scope that includes more, on the way of another one',
      notes({
        ...SCOPES,
        'notes:read': { description: 'Read your notes', implies: ['notes:list'] },
        'notes:list': 'List',
      }).tool('add', add, () => ''),
      'notes:write also includes notes:list.',
    ],
    [
      'a first sign-in that asks for more',
      notes(SCOPES, ['notes:read', 'notes:write']).tool('add', add, () => ''),
      'the first sign-in also asks for notes:write.',
    ],
  ])('is %s', (_, server, sentence) => {
    expect(widened(server)).toContain(`/notes: ${sentence}`);
  });

  it.each<[string, ServerDefinition]>([
    ['an item that needs more', notes().tool('add', { ...add, scopes: ['notes:write', 'notes:read'] }, () => '')],
    [
      'a new item with scopes',
      notes()
        .tool('add', add, () => '')
        .tool('more', add, () => ''),
    ],
    ['an item that is gone', notes()],
    ['a scope that includes less', notes({ ...SCOPES, 'notes:write': 'Write' }).tool('add', add, () => '')],
    [
      'a new scope',
      notes({ ...SCOPES, admin: { description: 'A', implies: ['notes:write'] } }).tool('add', add, () => ''),
    ],
    ['a first sign-in that asks for less', notes(SCOPES, []).tool('add', add, () => '')],
  ])('is not %s, and yet the page is out of date', (_, server) => {
    expect(widened(server)).toEqual([]);
    expect(sameAccess(before, access(server))).toBe(false);
  });

  it('counts for a server that is new to the page', () => {
    const other = describeServer(
      notes().tool('free', { description: 'F', scopes: [] }, () => ''),
      { key: '/other' },
    );
    const both = accessOf([...described(notes().tool('add', add, () => '')), other]);
    expect(both && widenings(before, both)).toEqual([
      '/other: tool free is new and for every caller who has signed in.',
    ]);
  });

  it('is told of whole blocks alone', () => {
    for (const page of [
      '',
      '# Page',
      '```json gatehouse-access\n{}\n```',
      '```json gatehouse-access\n{"version":1,"servers":{"a":{}}}\n```',
    ]) {
      expect(readAccess(page)).toBeUndefined();
    }
    expect(readAccess(pageOf(described(notes())).replaceAll('\n', '\r\n'))).toEqual(access(notes()));
  });
});
