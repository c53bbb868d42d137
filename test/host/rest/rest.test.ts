import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Unavailable } from '../../../src/core/errors.ts';
import { defineServer, ToolError } from '../../../src/mcp/define-server.ts';
import { fixedHeaders, fromOpenApi } from '../../../src/mcp/openapi/from-open-api.ts';
import { modern, serving, user } from '../../mcp/callers.ts';
import { describeWithChromium, launchChromium } from '../../support/chromium.ts';
import { type KeyedHost, startKeyedHost } from '../../support/keyed-host.ts';
import { sendRaw } from '../../support/raw-http.ts';

const Node = z.object({
  name: z.string(),
  get children() {
    return z.array(Node).optional();
  },
});

const notes = defineServer({
  name: 'notes',
  version: '1.2.3',
  title: 'Notes',
  scopes: { 'notes:read': 'Read' },
  sessions: true,
})
  .tool(
    'add',
    {
      description: 'Add',
      input: z.object({ text: z.string() }),
      output: z.object({ id: z.number() }),
      scopes: ['notes:write'],
    },
    ({ text }) => ({ id: text.length }),
  )
  .tool(
    'tree',
    { description: 'Tree', input: z.object({ root: Node }), scopes: ['notes:read'] },
    ({ root }) => root.name,
  )
  .tool('say-no', { description: 'No', scopes: [] }, () => {
    throw new ToolError('Not today.');
  })
  .tool('break', { description: 'Breaks', scopes: [] }, () => {
    throw new Error('secret detail');
  })
  .tool('out', { description: 'Out', scopes: [] }, () => {
    throw new Unavailable('backend');
  })
  .tool('ask', { description: 'Asks', scopes: [] }, async (_, { elicit }) => {
    await elicit({ message: 'Name?', schema: z.object({ name: z.string() }) });
    return 'asked';
  })
  .tool('rare', { description: 'Rare', scopes: [], limit: { calls: 1, seconds: 3600 } }, () => 'rarely')
  .resource('memo://{id}', { name: 'memo', scopes: ['notes:read'] }, ({ id }) =>
    id === '9' ? undefined : `memo ${id}`,
  )
  .resource('memo://all', { name: 'all', scopes: [] }, () => 'all')
  .prompt(
    'greet',
    { description: 'Greet', input: z.object({ who: z.string() }), scopes: [] },
    ({ who }) => `Hello ${who}`,
  );

const paged = defineServer({ name: 'paged', version: '1.0.0', pageSize: 2 });
for (const name of ['one', 'two', 'three']) paged.tool(name, { description: name, scopes: [] }, () => name);

let world: KeyedHost;
beforeAll(async () => {
  world = await startKeyedHost(
    (host) => {
      host.mount('/notes', notes).mount('/bare', defineServer({ name: 'bare', version: '1.0.0' }));
      host.mount('/paged', paged);
      host.mount('/quiet', defineServer({ name: 'quiet', version: '1.0.0' }), { rest: false });
    },
    { rest: true, bodyLimit: 4096 },
  );
});
afterAll(() => world.close());

async function ask(
  path: string,
  body?: unknown,
  token: string | undefined = 'writer',
  more: RequestInit = {},
): Promise<{ status: number; headers: Headers; body: ReturnType<typeof JSON.parse> }> {
  const response = await fetch(world.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    ...more,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...more.headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const names = ({ body }: Awaited<ReturnType<typeof ask>>) => body.tools.map(({ name }: { name: string }) => name);

describe('a mount in plain REST', () => {
  it('lists what the caller may use', async () => {
    expect(names(await ask('/notes/mcp/tools', undefined, 'reader'))).toEqual([
      'tree',
      'say-no',
      'break',
      'out',
      'ask',
      'rare',
    ]);
    expect(names(await ask('/notes/mcp/tools'))).toContain('add');
    expect((await ask('/notes/mcp/resources')).body).toMatchObject({ resources: [{ uri: 'memo://all' }] });
    expect((await ask('/notes/mcp/resources/templates')).body).toMatchObject({ resourceTemplates: [{ name: 'memo' }] });
    expect((await ask('/notes/mcp/prompts')).body).toMatchObject({ prompts: [{ name: 'greet' }] });
    expect((await ask('/bare/mcp/tools')).body).toEqual({ tools: [] });
  });

  it('calls tools, fills in prompts, reads resources', async () => {
    const called = await ask('/notes/mcp/call', { name: 'add', arguments: { text: 'four' } });
    expect([called.status, called.body]).toEqual([
      200,
      { content: [{ type: 'text', text: '{"id":4}' }], structuredContent: { id: 4 } },
    ]);
    expect((await ask('/notes/mcp/tools/add', { text: 'five5' })).body.structuredContent).toEqual({ id: 5 });
    expect((await ask('/notes/mcp/prompts/get', { name: 'greet', arguments: { who: 'ada' } })).body).toMatchObject({
      messages: [{ content: { text: 'Hello ada' } }],
    });
    expect((await ask('/notes/mcp/resources/read?uri=memo%3A%2F%2F1')).body).toMatchObject({
      contents: [{ uri: 'memo://1', text: 'memo 1' }],
    });
    expect((await ask('/notes/mcp/health')).body).toEqual({ status: 'ok', server: 'Notes' });
  });

  it('is kept by nobody on the way', async () => {
    for (const answer of [await ask('/notes/mcp/tools'), await ask('/notes/mcp/call', { name: 'nope' })]) {
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it.each([
    ['no name', '/call', {}, 400],
    ['arguments that are a list', '/call', { name: 'add', arguments: [] }, 400],
    ['a tool that is not there', '/call', { name: 'nope' }, 404],
    ['a tool that is not there, by its path', '/tools/nope', {}, 404],
    ['arguments that do not fit', '/call', { name: 'add', arguments: { text: 7 } }, 422],
    ['a tool that says no', '/call', { name: 'say-no' }, 422],
    ['a tool that asks back', '/call', { name: 'ask' }, 422],
    ['a tool that breaks', '/call', { name: 'break' }, 500],
    ['a backend that is out', '/call', { name: 'out' }, 503],
    ['a prompt that is not there', '/prompts/get', { name: 'nope' }, 404],
    ['a prompt without its arguments', '/prompts/get', { name: 'greet' }, 422],
    ['a resource that is not there', '/resources/read?uri=memo%3A%2F%2F9', undefined, 404],
    ['two resources', '/resources/read?uri=a&uri=b', undefined, 400],
    ['a page that is not there', '/tools?cursor=x', undefined, 422],
  ])('answers %s with a problem of its own status', async (_, path, body, status) => {
    const answer = await ask(`/notes/mcp${path}`, body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.body.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain('secret detail');
  });

  it('tells in words why', async () => {
    expect((await ask('/notes/mcp/call', { name: 'say-no' })).body.detail).toBe('Not today.');
    expect((await ask('/notes/mcp/call', { name: 'nope' })).body.detail).toBe('Tool not found: nope');
    expect((await ask('/notes/mcp/call', { name: 'out' })).headers.get('retry-after')).toBe('5');
  });

  it('holds bodies to the limits of the mount', async () => {
    expect((await ask('/notes/mcp/call', { name: 'add', arguments: { text: 'x'.repeat(5000) } })).status).toBe(413);
    expect(
      (await ask('/notes/mcp/call', { name: 'add' }, 'writer', { headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(415);
  });

  it('is there where it was asked for, and nowhere else', async () => {
    for (const path of ['/quiet/mcp/tools', '/notes/mcp/nope', '/notes/tools', '/mcp/tools', '/notes/mcp/tools/a/b']) {
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    }
  });
});

describe('the gate in front of plain REST', () => {
  it('MC-19 lets nobody in without a token, health and description included', async () => {
    for (const path of [
      '/tools',
      '/health',
      '/openapi.json',
      '/resources',
      '/resources/read?uri=memo://all',
      '/prompts',
    ]) {
      const answer = await ask(`/notes/mcp${path}`, undefined, '');
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/notes/mcp"');
    }
    expect((await ask('/notes/mcp/call', { name: 'say-no' }, 'stranger')).body).toMatchObject({
      error: 'invalid_token',
    });
    expect((await ask('/notes/mcp/tools', undefined, 'down')).status).toBe(503);
  });

  it('MC-01 asks for the scopes of the tool, by either path', async () => {
    for (const [path, body] of [
      ['/call', { name: 'add', arguments: { text: 'x' } }],
      ['/tools/add', { text: 'x' }],
    ] as const) {
      const answer = await ask(`/notes/mcp${path}`, body, 'reader');
      expect([answer.status, answer.body.error]).toEqual([403, 'insufficient_scope']);
      expect(answer.headers.get('www-authenticate')).toContain('scope="notes:write"');
    }
    expect((await ask('/notes/mcp/resources/read?uri=memo%3A%2F%2F1', undefined, 'nobody')).status).toBe(403);
  });

  it('MC-07 serves the message that it was asked for, whatever else is in the body or the headers', async () => {
    const smuggled = { name: 'say-no', method: 'tools/list', params: { name: 'add' }, _meta: {}, 0: { name: 'add' } };
    expect((await ask('/notes/mcp/call', smuggled, 'reader')).body.detail).toBe('Not today.');
    const headers = {
      'mcp-method': 'tools/list',
      'mcp-name': 'add',
      'mcp-session-id': 'x',
      'mcp-protocol-version': '2026-07-28',
    };
    expect((await ask('/notes/mcp/call', { name: 'say-no' }, 'reader', { headers })).status).toBe(422);
    expect((await ask('/notes/mcp/call', [{ name: 'say-no' }], 'reader')).status).toBe(400);
  });

  it('counts calls of a tool with those of MCP', async () => {
    expect((await ask('/notes/mcp/call', { name: 'rare' })).status).toBe(200);
    const answer = await ask('/notes/mcp/tools/rare', {});
    expect([answer.status, answer.body.status]).toEqual([429, 429]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('BH-15 is at one spelling of each path', async () => {
    for (const path of [
      '/notes/mcp/tools/',
      '/notes/mcp//tools',
      '/notes/MCP/tools',
      '/notes/mcp/Tools',
      '/notes/mcp/x/../tools',
      '/notes/mcp/%74ools',
      '/notes/mcp/tools/add%00',
      '/notes/mcp/tools/%61dd',
    ]) {
      const lines = [`GET ${path} HTTP/1.1`, `Host: localhost:${world.port}`, 'Authorization: Bearer writer', '', ''];
      const [answer] = await sendRaw(world.port, lines.join('\r\n'));
      expect([path, answer?.status]).toEqual([path, 404]);
    }
  });

  it('BH-13 says which method a path has', async () => {
    for (const [path, method, allow] of [
      ['/tools', 'DELETE', 'GET'],
      ['/call', 'GET', 'POST'],
      ['/try', 'POST', 'GET, HEAD'],
    ] as const) {
      const answer = await ask(`/notes/mcp${path}`, undefined, 'writer', { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    }
  });

  it('MC-24 lets web origins in as the endpoint does', async () => {
    const foreign = await ask('/notes/mcp/tools', undefined, 'writer', { headers: { origin: 'https://evil.test' } });
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const own = await ask('/notes/mcp/tools', undefined, 'writer', { headers: { origin: world.url } });
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, world.url]);
  });
});

describe('the OpenAPI document of a mount', () => {
  it('names the tools of its caller, each with its scopes', async () => {
    const { body } = await ask('/notes/mcp/openapi.json', undefined, 'reader');
    expect(Object.keys(body.paths)).not.toContain('/tools/add');
    const { body: all } = await ask('/notes/mcp/openapi.json');
    expect(all).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Notes', version: '1.2.3' },
      servers: [{ url: `${world.url}/notes/mcp` }],
      paths: { '/tools/add': { post: { operationId: 'add', security: [{ bearer: ['notes:write'] }] } } },
    });
    expect((await ask('/bare/mcp/openapi.json')).status).toBe(200);
  });

  it('has all of a list that comes in pages, as a caller may follow them', async () => {
    const first = await ask('/paged/mcp/tools');
    expect(names(first)).toEqual(['one', 'two']);
    expect(names(await ask(`/paged/mcp/tools?cursor=${encodeURIComponent(first.body.nextCursor)}`))).toEqual(['three']);
    const { paths } = (await ask('/paged/mcp/openapi.json')).body;
    expect(Object.keys(paths).slice(0, 3)).toEqual(['/tools/one', '/tools/two', '/tools/three']);
  });

  it('is one that fromOpenApi makes the same tools of', async () => {
    const { body: document } = await ask('/notes/mcp/openapi.json');
    const server = serving(
      fromOpenApi(JSON.stringify(document), {
        baseUrl: `${world.url}/notes/mcp`,
        routes: [{ tags: ['gatehouse'], as: 'exclude' }],
        otherwise: [],
        credentials: fixedHeaders({ Authorization: 'Bearer writer' }),
      }),
    );
    const call = async (name: string, args: Record<string, unknown>) =>
      (await server.ask(modern('tools/call', { name, arguments: args }), { principal: user('eve') })).body.result;
    expect((await call('add', { body: { text: 'four' } })).structuredContent.structuredContent).toEqual({ id: 4 });
    expect((await call('add', { body: { text: 4 } })).content[0].text).toContain('The arguments are not valid');
    const tree = { root: { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }] } };
    expect((await call('tree', { body: tree })).structuredContent.content).toEqual([{ type: 'text', text: 'a' }]);
    const bad = { root: { name: 'a', children: [{ name: 'b', children: [{ name: 3 }] }] } };
    expect((await call('tree', { body: bad })).content[0].text).toContain('The arguments are not valid');
    expect((await call('say-no', { body: {} })).content[0].text).toContain('The API refused the call (422)');
  });
});

describe('the page to try a mount', () => {
  it('runs its own script alone and asks its own origin alone', async () => {
    const response = await fetch(`${world.url}/notes/mcp/try`);
    const page = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.status).toBe(200);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self';/,
    );
    expect(policy).not.toContain('unsafe');
    expect(page).toContain('<h1>Try Notes</h1>');
    expect(page).not.toMatch(/ name="(?!viewport|robots)/);
    expect(page).not.toContain('notes:read');
  });
});

describeWithChromium('the page to try a mount, in a browser', () => {
  it('says what a token needs where one is refused, and calls with one that is good', async () => {
    const chromium = await launchChromium();
    try {
      const page = await chromium.newPage();
      await page.goto(`${world.url}/notes/mcp/try`);
      const show = async (token: string) => {
        await page.getByLabel('Access token or API key').fill(token);
        await page.getByRole('button', { name: 'Show my tools' }).click();
      };
      await show('stranger');
      await page.getByText('401').waitFor();
      expect(await page.textContent('#answer')).toMatch(/\nA client that signs in for one asks for the scopes: notes:/);
      await show('reader');
      await page.getByLabel('Tool').selectOption('say-no');
      await page.getByRole('button', { name: 'Call' }).click();
      await page.getByText('Not today.').waitFor();
    } finally {
      await chromium.close();
    }
  });
});
