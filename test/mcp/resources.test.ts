import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { directoryResource } from '../../src/mcp/resources/directory-resource.ts';
import { fileResource } from '../../src/mcp/resources/file-resource.ts';
import { httpResource } from '../../src/mcp/resources/http-resource.ts';
import { readInside } from '../../src/mcp/resources/inside.ts';
import { textResource } from '../../src/mcp/resources/text-resource.ts';
import { keptLog, modern, serving, user } from './callers.ts';

let top: string;
let root: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'resources-'));
  root = join(top, 'docs');
  await mkdir(join(root, 'guide', 'deep'), { recursive: true });
  await mkdir(join(root, '.git'));
  const files = {
    'readme.md': '# Read me',
    'guide/a b%.txt': 'spaces',
    'guide/deep/data.json': '{"a":1}',
    'guide/logo.png': Buffer.from([137, 80, 78, 71]),
    'guide/unknown': Buffer.from([1, 0, 2]),
    'large.txt': 'x'.repeat(101),
    'full.txt': 'x'.repeat(100),
    '.env': 'SECRET=1',
    '.git/config': 'secret',
    '../outside.txt': 'outside',
  };
  for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), content);
  await symlink('../outside.txt', join(root, 'leak.txt'));
  await symlink('..', join(root, 'up'));
  await symlink('readme.md', join(root, 'alias.md'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterAll(() => rm(top, { recursive: true }));

const define = () => defineServer({ name: 's', version: '1', scopes: { docs: 'Read' } });

function reading(definition: ReturnType<typeof define>) {
  const { ask } = serving(definition);
  const read = async (uri: string, caller = {}) => {
    const { status, body } = await ask(modern('resources/read', { uri }), caller);
    return status === 403 ? 403 : (body.result?.contents[0] ?? body.error.code);
  };
  return { read, ask };
}

describe('a folder behind a template', () => {
  const setUp = (options = {}) =>
    reading(
      define().resource(
        'docs://{path*}',
        { name: 'docs', scopes: ['docs'] },
        directoryResource(root, { maxBytes: 100, ...options }),
      ),
    );
  const reader = { principal: user('alice', 'docs') };

  it('gives each file with its kind, and says which there are', async () => {
    const { read, ask } = setUp();
    const uri = 'docs://readme.md';
    expect(await read(uri, reader)).toEqual({ uri, mimeType: 'text/markdown', text: '# Read me' });
    expect(await read('docs://guide/a%20b%25.txt', reader)).toMatchObject({ mimeType: 'text/plain', text: 'spaces' });
    expect(await read('docs://guide/deep/data.json', reader)).toMatchObject({ mimeType: 'application/json' });
    expect(await read('docs://guide/logo.png', reader)).toMatchObject({ mimeType: 'image/png', blob: 'iVBORw==' });
    expect(await read('docs://guide/unknown', reader)).toMatchObject({
      mimeType: 'application/octet-stream',
      blob: 'AQAC',
    });
    const { resources } = (await ask(modern('resources/list'), reader)).body.result;
    const uris = resources.map((resource: { uri: string }) => resource.uri);
    const paths = ['full.txt', 'guide/a%20b%25.txt', 'guide/deep/data.json', 'guide/logo.png', 'guide/unknown'];
    expect(uris).toEqual([...paths, 'large.txt', 'readme.md'].map((path) => `docs://${path}`));
    for (const listed of uris)
      expect([listed, typeof (await read(listed, reader))]).toEqual([
        listed,
        listed.endsWith('large.txt') ? 'number' : 'object',
      ]);
    const complete = {
      ref: { type: 'ref/resource', uri: 'docs://{path*}' },
      argument: { name: 'path', value: 'guide/d' },
    };
    expect((await ask(modern('completion/complete', complete), reader)).body.result.completion.values).toEqual([
      'guide/deep/data.json',
    ]);
  });

  it('is read, listed and completed by callers with its scopes alone', async () => {
    const { read, ask } = setUp();
    expect(await read('docs://readme.md')).toBe(403);
    expect((await ask(modern('resources/list'))).body.result.resources).toEqual([]);
    const complete = { ref: { type: 'ref/resource', uri: 'docs://{path*}' }, argument: { name: 'path', value: '' } };
    expect((await ask(modern('completion/complete', complete))).status).toBe(403);
  });

  it('MC-15 is never left, neither by dots, encodings and absolute paths nor by links', async () => {
    const { read } = setUp();
    const out = [
      '../outside.txt',
      '%2e%2e/outside.txt',
      'guide/../../outside.txt',
      'guide/%2e%2e/readme.md',
      './readme.md',
    ];
    const odd = [
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '..%2foutside.txt',
      '..%5coutside.txt',
      'readme.md%00',
      '%252e%252e/outside.txt',
    ];
    const links = ['leak.txt', 'up/outside.txt', 'up/docs/readme.md', 'alias.md', `${top}/outside.txt`];
    const hidden = [
      '.env',
      '.git/config',
      'guide//a',
      'guide/',
      'pipe',
      'guide',
      'guide/deep',
      'C:/x',
      'a'.repeat(5000),
      'readme.md/x',
    ];
    for (const path of [...out, ...odd, ...links, ...hidden]) {
      expect([path, await read(`docs://${path}`, reader)]).toEqual([path, -32602]);
    }
  });

  it('gives files up to its size, of the kinds that it accepts, dot files where it says so', async () => {
    expect(await setUp().read('docs://full.txt', reader)).toMatchObject({ text: 'x'.repeat(100) });
    const large = (await setUp().ask(modern('resources/read', { uri: 'docs://large.txt' }), reader)).body.error;
    expect(large).toMatchObject({ code: -32602, message: 'The file has more than 100 bytes.' });
    const markdown = setUp({ accept: (path: string) => path.endsWith('.md') });
    expect(await markdown.read('docs://readme.md', reader)).toMatchObject({ text: '# Read me' });
    expect(await markdown.read('docs://full.txt', reader)).toBe(-32602);
    expect(await setUp({ dotFiles: true }).read('docs://.env', reader)).toMatchObject({ text: 'SECRET=1' });
    const some = (await setUp({ maxFiles: 2 }).ask(modern('resources/list'), reader)).body.result.resources;
    expect(some).toHaveLength(2);
  });

  it('MC-15 a file that is put in the place of another while it is opened is not given', async () => {
    const [safe, swapped] = [join(root, 'guide', 'swap.txt'), join(top, 'swap.txt')];
    onTestFinished(async () => {
      for (const path of [safe, swapped]) await rm(path, { force: true });
    });
    let running = true;
    const swapping = (async () => {
      while (running) {
        await writeFile(safe, 'inside');
        await symlink('../../outside.txt', swapped);
        await rename(swapped, safe);
        await rm(safe);
      }
    })();
    const seen = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      const bytes = await readInside(root, ['guide', 'swap.txt'], 100);
      if (bytes !== undefined) seen.add(Buffer.from(bytes).toString());
    }
    running = false;
    await swapping;
    expect([...seen]).not.toContain('outside');
    await writeFile(safe, 'inside');
    expect(await readInside(root, ['guide', 'swap.txt'], 100)).toHaveLength(6);
  });

  it('behind a single URI is the list of its files', async () => {
    const { read } = reading(define().resource('docs://all', { scopes: [] }, directoryResource(join(root, 'guide'))));
    const listing = { files: ['a b%.txt', 'deep/data.json', 'logo.png', 'unknown'] };
    expect(await read('docs://all')).toEqual({
      uri: 'docs://all',
      mimeType: 'application/json',
      text: JSON.stringify(listing),
    });
  });
});

describe('a text and a file', () => {
  it('are read as they are; a file that is not there is not found', async () => {
    const { read } = reading(
      define()
        .resource('a:text', { mimeType: 'text/markdown', scopes: [] }, textResource('# Hi'))
        .resource('a:file', { scopes: [] }, fileResource(join(root, 'alias.md')))
        .resource('a:none', { scopes: [] }, fileResource(join(root, 'none')))
        .resource('a:folder', { scopes: [] }, fileResource(root))
        .resource('a:pipe', { scopes: [] }, fileResource(join(root, 'pipe')))
        .resource('a:large', { scopes: [] }, fileResource(join(root, 'large.txt'), { maxBytes: 100 })),
    );
    expect(await read('a:text')).toEqual({ uri: 'a:text', mimeType: 'text/markdown', text: '# Hi' });
    expect(await read('a:file')).toEqual({ uri: 'a:file', mimeType: 'text/markdown', text: '# Read me' });
    for (const uri of ['a:none', 'a:folder', 'a:pipe', 'a:large'])
      expect([uri, await read(uri)]).toEqual([uri, -32602]);
  });
});

describe('a URL', () => {
  it('is fetched with the values of the template in their places, for callers who may read it', async () => {
    const asked: string[] = [];
    const server = createServer(({ url = '', headers }, response) => {
      asked.push(`${url} ${headers.authorization ?? 'nobody'}`);
      if (url.startsWith('/n/gone')) return void response.writeHead(404).end();
      if (url.startsWith('/n/moved')) return void response.writeHead(302, { location: '/n/1' }).end();
      if (url.startsWith('/n/long')) return void response.end('x'.repeat(200));
      response.setHeader('content-type', 'Application/JSON; charset=utf-8');
      response.end('{"ok":true}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = { fetch: globalThis.fetch, maxBytes: 100 };
    const log = keptLog();
    const { read, ask } = reading(
      define().resource('n://{id}{?by}', { scopes: ['docs'] }, httpResource(`${base}/n/{id}{?by}`, options)),
    );
    const reader = { principal: user('alice', 'docs'), log };
    expect(await read('n://1')).toBe(403);
    expect(await read('n://a%20b%26?by=x%2Fy%26z', reader)).toEqual({
      uri: 'n://a%20b%26?by=x%2Fy%26z',
      mimeType: 'application/json',
      text: '{"ok":true}',
    });
    expect(asked).toEqual(['/n/a%20b%26?by=x%2Fy%26z nobody']);
    expect(await read('n://gone', reader)).toBe(-32602);
    expect(await read('n://..', reader)).toBe(-32602);
    for (const id of ['moved', 'long']) {
      const { status, body } = await ask(modern('resources/read', { uri: `n://${id}` }), reader);
      expect([status, body]).toEqual([503, { error: 'temporarily_unavailable' }]);
      expect(log.lines.at(-1)?.fields.error).toMatchObject({ status: 503 });
    }
  });

  it('MC-15 asks for one segment where the URL has one, whatever holds the values, and for nothing without them', async () => {
    const asked: string[] = [];
    const fetch = async (url: string | URL | Request) => {
      asked.push(String(url));
      return new Response('{}');
    };
    const source = httpResource('https://e.com/notes/{id}/at/{path*}', { fetch });
    const context = { signal: new AbortController().signal, principal: user('alice') } as never;
    const get = (values: Record<string, string>) => source.read({ uri: 'a:b', values }, context, undefined);
    await get({ id: '7/attachments', path: 'a/b' });
    expect(asked).toEqual(['https://e.com/notes/7%2Fattachments/at/a/b']);
    expect(await get({ id: '', path: 'a' })).toBeUndefined();
    expect(await get({ id: '7' })).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('has a share for each caller: who has more under way is answered 429, and everybody else is served', async () => {
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const fetch = async (url: string | URL | Request) => {
      if (String(url).endsWith('/slow')) await freed;
      return new Response('text', { headers: { 'content-type': 'text/plain' } });
    };
    const { read, ask } = reading(
      define().resource('n://{id}', { scopes: [] }, httpResource('https://e.com/{id}', { fetch })),
    );
    const flood = Array.from({ length: 40 }, () =>
      ask(modern('resources/read', { uri: 'n://slow' }), { principal: user('eve') }),
    );
    await Promise.race(flood);
    expect(await read('n://quick', { principal: user('ada') })).toMatchObject({ text: 'text' });
    free();
    const answers = Object.groupBy(await Promise.all(flood), ({ status }) => status);
    expect([answers[200]?.length, answers[429]?.length]).toEqual([8, 32]);
    expect(await read('n://quick', { principal: user('eve') })).toMatchObject({ text: 'text' });
  });

  it('leads to public hosts over https alone, unless a fetch is handed in', async () => {
    for (const url of ['http://127.0.0.1:1/', 'https://127.0.0.1/', 'http://example.com/', 'https://localhost/']) {
      const { ask } = reading(define().resource('a:b', { scopes: [] }, httpResource(url)));
      const log = keptLog();
      await ask(modern('resources/read', { uri: 'a:b' }), { log });
      expect(log.lines[0]?.fields.error).toMatchObject({ cause: { reason: 'url_not_allowed' } });
    }
  });
});

it('a ready-made kind says what it needs when it is defined', () => {
  const wrong: [() => unknown, string][] = [
    [() => define().resource('a:{b}', { scopes: [] }, textResource('x')), 'Resource "a:{b}" of s is always the same'],
    [
      () => define().resource('a://{b*}', { scopes: [] }, directoryResource('/srv')),
      'Resource "a://{b*}" of s is a folder: it needs',
    ],
    [
      () => define().resource('a:{b}', { scopes: [] }, httpResource('https://e.com/{c}')),
      'must have the variables of https://e.com/{c}',
    ],
    [
      () => define().resource('a:note{?id}', { scopes: [] }, httpResource('https://e.com/notes/{id}')),
      'each in such a place: {id}, {path*} or {?id}',
    ],
    [
      () => define().resource('a://{id*}', { scopes: [] }, httpResource('https://e.com/{id}/x')),
      'each in such a place',
    ],
    [() => httpResource('https://{host}/'), 'needs an http or https URL whose host has no variables'],
    [() => httpResource('https://a@e.com/'), 'needs an http or https URL'],
    [() => httpResource('ftp://e.com/'), 'needs an http or https URL'],
    [() => fileResource('a.txt'), 'fileResource needs an absolute path, not "a.txt".'],
    [() => directoryResource('.'), 'directoryResource needs an absolute path, not ".".'],
    [() => define().resource('a:b', { scopes: [] }, {} as never), 'needs a handler function'],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
});
