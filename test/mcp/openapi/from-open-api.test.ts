import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientCredentials, fixedHeaders, fromOpenApi, upstreamToken } from '../../../src/mcp/openapi/from-open-api.ts';
import { type Caller, keptLog, legacy, modern, serving, user } from '../callers.ts';
import { BOOKS_YAML, type BooksApi, booksApi } from './books-api.ts';

let api: BooksApi;
beforeAll(async () => {
  api = await booksApi();
});
afterAll(() => api.close());

const reader: Caller = { principal: user('ada', 'books:read') };
const writer: Caller = { principal: user('ada', 'books:read', 'books:write') };

const shelf = (more: Parameters<typeof fromOpenApi>[1] = {}) =>
  serving(fromOpenApi(BOOKS_YAML, { baseUrl: `${api.url}/v1`, otherwise: [], ...more }));

const call = async (
  server: ReturnType<typeof serving>,
  name: string,
  args: Record<string, unknown>,
  caller: Caller = writer,
) => (await server.ask(modern('tools/call', { name, arguments: args }), caller)).body;

const textOf = (body: { result: { content: { text: string }[] } }) => body.result.content[0]?.text;

describe('operations as tools', () => {
  it('are listed by what the document needs, with names, words and hints of their own', async () => {
    const { body } = await shelf().ask(modern('tools/list'), reader);
    expect(body.result.tools.map(({ name }: { name: string }) => name)).toEqual(['listBooks', 'get_book', 'odd']);
    const all = await shelf().ask(modern('tools/list'), writer);
    expect(all.body.result.tools).toMatchObject([
      { name: 'listBooks', title: 'List the books', annotations: { readOnlyHint: true } },
      { name: 'addBook', annotations: { readOnlyHint: false, destructiveHint: false } },
      { name: 'get_book' },
      { name: 'delete_books_id', description: 'Deprecated.', annotations: { destructiveHint: true } },
      { name: 'odd' },
    ]);
  });

  it('ask for the scopes that the document names, in its words', () => {
    expect([...fromOpenApi(BOOKS_YAML, { baseUrl: api.url, otherwise: [] }).catalogue()]).toEqual([
      ['books:read', { description: 'See your books', implies: [] }],
      ['books:write', { description: 'Change your books', implies: [] }],
    ]);
  });

  it('are refused without their scope', async () => {
    const sent = modern('tools/call', { name: 'addBook', arguments: { body: { title: 'Emma' } } });
    expect((await shelf().ask(sent, reader)).status).toBe(403);
    expect((await shelf().ask(sent, writer)).body.result.structuredContent).toMatchObject({ id: 7, title: 'Emma' });
    expect(api.seen()).toMatchObject({ method: 'POST', url: '/v1/books', body: { title: 'Emma' } });
  });

  it('hand lists over as each era wants them', async () => {
    const server = shelf();
    const books = [{ id: 7, title: 'Middlemarch', tags: ['novel'] }];
    expect((await call(server, 'listBooks', {})).result.structuredContent).toEqual(books);
    const older = await server.ask(legacy('tools/call', { name: 'listBooks', arguments: {} }), reader);
    expect(older.body.result.structuredContent).toEqual({ result: books });
    const { tools } = (await server.ask(legacy('tools/list'), reader)).body.result;
    expect(tools[0].outputSchema).toMatchObject({ type: 'object', properties: { result: { type: 'array' } } });
  });

  it('check arguments before anything is sent', async () => {
    const server = shelf();
    await call(server, 'get_book', { id: 7 });
    const before = api.seen();
    for (const args of [{ id: 'seven' }, {}, { id: 7, more: 1 }, { id: 7, session: 'x' }]) {
      expect(textOf(await call(server, 'get_book', args))).toContain('The arguments are not valid');
    }
    expect(textOf(await call(server, 'addBook', { body: { title: '' } }))).toContain('not valid');
    expect(api.seen()).toBe(before);
  });

  it('write each parameter in its style', async () => {
    await call(shelf(), 'listBooks', { tag: ['a b', 'c&d'], filter: { year: 1871, 'x]y': 'z' } });
    expect(api.seen()?.url).toBe('/v1/books?tag=a%20b&tag=c%26d&filter%5Byear%5D=1871&filter%5Bx%5Dy%5D=z');
  });

  it('leave out what their answers have too much of: read-only members in, null where 3.0 says nullable', async () => {
    const { tools } = (await shelf().ask(modern('tools/list'), writer)).body.result;
    expect(tools[1].inputSchema.$defs.Book).toEqual({
      type: 'object',
      required: ['title'],
      properties: {
        title: { type: 'string', minLength: 1, examples: ['Emma'] },
        subtitle: { type: ['string', 'null'] },
        tags: { type: 'array', items: { type: 'string' } },
        sequel: { $ref: '#/$defs/Book' },
      },
    });
    expect(tools[1].outputSchema).toMatchObject({ type: 'object', required: ['id', 'title'] });
  });
});

describe('what the API answers', () => {
  it.each([
    ['refused', 'The API did not accept the credentials of this call (401).'],
    ['failed', 'The API failed (500). Try again later.'],
    ['redirect', 'The API sent a redirect (302), which is not followed.'],
    ['large', 'The answer of the API is too large.'],
    ['slow', 'The API did not answer in time. It may have done what was asked all the same.'],
  ])('is told in words where it is %s', async (what, words) => {
    const server = shelf({ maxBytes: 4000, timeoutMs: what === 'slow' ? 100 : 5000 });
    expect((await call(server, 'odd', { what })).result).toMatchObject({ isError: true, content: [{ text: words }] });
  });

  it('is passed on, bounded, where it says what was wrong', async () => {
    expect(textOf(await call(shelf(), 'get_book', { id: 99 }))).toBe(
      'The API refused the call (404): {"message":"no book 99"}',
    );
  });

  it('cannot pass for a result of its own', async () => {
    const { result } = await call(shelf(), 'odd', { what: 'block' });
    expect(result.isError).toBeUndefined();
    expect(result.structuredContent).toEqual({ content: [{ type: 'text', text: 'mine' }], isError: true });
  });

  it('is held to its schema, unless the service is told otherwise', async () => {
    const log = keptLog();
    expect(textOf(await call(shelf(), 'get_book', { id: 8 }, { ...writer, log }))).toBe(
      'The API answered with something that its document does not describe.',
    );
    expect(log.lines).toMatchObject([{ event: 'api_answer_undocumented' }]);
    expect((await call(shelf({ output: false }), 'get_book', { id: 8 })).result.structuredContent).toEqual({
      id: 'eight',
    });
  });

  it('may be nothing, a text or a picture', async () => {
    const server = shelf();
    expect((await call(server, 'delete_books_id', { id: 7 })).result.content).toEqual([]);
    expect(textOf(await call(server, 'odd', { what: 'words' }))).toBe('plain words');
    expect((await call(server, 'odd', { what: 'picture' })).result.content).toEqual([
      { type: 'image', data: 'AQID', mimeType: 'image/png' },
    ]);
  });

  it('is no answer where nobody listens', async () => {
    const server = serving(fromOpenApi(BOOKS_YAML, { baseUrl: 'http://127.0.0.1:1', otherwise: [] }));
    expect(textOf(await call(server, 'odd', { what: 'x' }))).toBe('The API does not answer. Try again later.');
  });
});

describe('what goes out with a call', () => {
  it('H27 is nothing that the caller sent: neither token nor cookie nor header', async () => {
    const sent = modern('tools/call', { name: 'odd', arguments: { what: 'x' } });
    const headers = { ...sent.headers, authorization: 'Bearer callers-own', cookie: 'a=b', 'x-trace': '1' };
    await shelf().ask({ ...sent, headers }, writer);
    expect(Object.keys(api.seen()?.headers ?? {}).sort()).toEqual(
      ['accept', 'accept-encoding', 'accept-language', 'connection', 'host', 'sec-fetch-mode', 'user-agent'].sort(),
    );
  });

  it('is a header that callers may set, where the operator lists it', async () => {
    const server = shelf({ headers: ['X-Trace'] });
    await call(server, 'listBooks', { 'X-Trace': 'abc' });
    expect(api.seen()?.headers['x-trace']).toBe('abc');
    expect(textOf(await call(server, 'listBooks', { 'X-Trace': 'a\r\nb: c' }))).toBe(
      'X-Trace holds characters that a header cannot carry.',
    );
    expect(() => shelf({ headers: ['Authorization'] })).toThrow('headers: callers may not set "authorization".');
  });

  it('are the headers of the operator', async () => {
    await call(shelf({ credentials: fixedHeaders({ 'X-API-Key': 'k1' }) }), 'odd', { what: 'x' });
    expect(api.seen()?.headers['x-api-key']).toBe('k1');
  });

  it('is one token of our own for many calls, asked for again before its end', async () => {
    let now = 1000;
    const credentials = clientCredentials({ tokenEndpoint: `${api.url}/token`, clientId: 'gate', clientSecret: 's' });
    let tokens = 0;
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (String(input).endsWith('/token')) tokens += 1;
      return globalThis.fetch(input, init);
    };
    const server = shelf({ credentials, fetch, clock: () => now });
    await Promise.all([1, 2, 3].map(() => call(server, 'odd', { what: 'x' })));
    expect(api.seen()?.headers.authorization).toBe('Bearer ours');
    expect(tokens).toBe(1);
    now += 31;
    await call(server, 'odd', { what: 'x' });
    expect(tokens).toBe(2);
    await call(server, 'odd', { what: 'refused' });
    await call(server, 'odd', { what: 'x' });
    expect(tokens).toBe(3);
    now += 29;
    await call(server, 'odd', { what: 'refused' });
    await call(server, 'odd', { what: 'x' });
    expect(tokens).toBe(3);
  });

  it('is another token where the API has refused it, every 30 seconds at most: callers can make it answer 401', async () => {
    let now = 1000;
    let tokens = 0;
    const fetch: typeof globalThis.fetch = async (input) => {
      if (!String(input).endsWith('/token')) return new Response('no', { status: 401 });
      tokens += 1;
      return Response.json({ access_token: `t${tokens}`, token_type: 'Bearer', expires_in: 3600 });
    };
    const credentials = clientCredentials({ tokenEndpoint: `${api.url}/token`, clientId: 'gate', clientSecret: 's' });
    const server = shelf({ credentials, fetch, clock: () => now });
    for (let time = 0; time < 5; time += 1) await call(server, 'odd', { what: 'x' });
    expect(tokens).toBe(2);
    now += 30;
    for (let time = 0; time < 5; time += 1) await call(server, 'odd', { what: 'x' });
    expect(tokens).toBe(3);
  });

  it('is held up by no caller who has too many slow calls under way', async () => {
    const started: (() => void)[] = [];
    const fetch: typeof globalThis.fetch = async (input) => {
      if (String(input).endsWith('/token')) return Response.json({ access_token: 't', token_type: 'Bearer' });
      if (String(input).endsWith('/slow')) await new Promise<void>((resolve) => started.push(resolve));
      return new Response('done', { headers: { 'content-type': 'text/plain' } });
    };
    const credentials = clientCredentials({ tokenEndpoint: `${api.url}/token`, clientId: 'gate', clientSecret: 's' });
    const server = shelf({ credentials, fetch, maxConcurrent: 8 });
    const slow = [1, 2].map(() => call(server, 'odd', { what: 'slow' }));
    await expect.poll(() => started.length).toBe(2);
    expect(textOf(await call(server, 'odd', { what: 'x' }))).toBe(
      'Too many calls of the API are under way. Try again later.',
    );
    const bob: Caller = { principal: user('bob', 'books:read', 'books:write') };
    expect(textOf(await call(server, 'odd', { what: 'x' }, bob))).toBe('done');
    for (const end of started) end();
    await Promise.all(slow);
    expect(textOf(await call(server, 'odd', { what: 'x' }))).toBe('done');
  });

  it('is the token of the caller at their provider, or the refusal where there is none', async () => {
    const server = shelf({ credentials: upstreamToken() });
    expect(textOf(await call(server, 'odd', { what: 'x' }))).toBe('There is no identity provider.');
  });
});

describe('the path of another operation', () => {
  const path = (...names: string[]) => ({
    get: {
      operationId: names.join('_') || undefined,
      parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    },
  });
  const document = {
    openapi: '3.1.0',
    info: { title: 'u', version: '1' },
    paths: {
      '/users/{id}': path('id'),
      '/users/export': { get: { operationId: 'exported' } },
      '/internal/keys': { get: {} },
      '/{section}/{id}': path('section', 'id'),
      '/refs/{ref}': path('ref'),
    },
  };
  const users = (routes: Parameters<typeof shelf>[0]) =>
    serving(
      fromOpenApi(document, {
        baseUrl: api.url,
        slashes: (operation, parameter) => operation.path === '/refs/{ref}' && parameter === 'ref',
        policy: {
          rules: [
            { name: 'exported', scopes: ['admin'] },
            { name: '*', scopes: [] },
          ],
        },
        ...routes,
      }),
    );

  it('MC-15 is out of reach by values, whether that one is served, excluded or needs more', async () => {
    const server = users({ routes: [{ path: '/internal/*', as: 'exclude' }] });
    await call(server, 'id', { id: '7' });
    const before = api.seen();
    expect(before?.url).toBe('/users/7');
    for (const [name, args] of [
      ['id', { id: 'export' }],
      ['id', { id: '7/secrets' }],
      ['section_id', { section: 'internal', id: 'keys' }],
    ] as const) {
      expect((await call(server, name, args)).result.isError).toBe(true);
    }
    expect(api.seen()).toBe(before);
    await call(server, 'ref', { ref: 'heads/main' });
    expect(api.seen()?.url).toBe('/refs/heads%2Fmain');
  });

  it('MC-15 is out of reach of templates, however it is written', async () => {
    const server = users({ name: 'u', routes: [{ path: '/users/{id}', as: 'template' }] });
    const read = async (uri: string) => (await server.ask(modern('resources/read', { uri }), reader)).body;
    expect((await read('openapi://u/users/7')).result.contents).toHaveLength(1);
    const before = api.seen();
    expect((await read('openapi://u/users/%65xport')).error.message).toContain('another operation');
    expect(api.seen()).toBe(before);
  });
});

describe('bodies', () => {
  const sending = (type: string, schema: object) =>
    serving(
      fromOpenApi(
        {
          openapi: '3.1.0',
          info: { title: 'x', version: '1' },
          paths: {
            '/send': {
              post: { operationId: 'send', requestBody: { required: true, content: { [type]: { schema } } } },
            },
          },
        },
        { baseUrl: api.url, otherwise: [] },
      ),
    );

  it('are sent as forms, with lists repeated and objects as JSON', async () => {
    const body = { a: 'x&y', list: ['1', '2'], inner: { b: null } };
    await call(sending('application/x-www-form-urlencoded', { type: 'object' }), 'send', { body });
    expect(api.seen()?.body).toEqual({ a: 'x&y', list: ['1', '2'], inner: '{"b":null}' });
    await call(sending('multipart/form-data', { type: 'object' }), 'send', { body });
    expect(api.seen()?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  });

  it('are sent as texts, and as any kind of JSON', async () => {
    await call(sending('text/plain', { type: 'string' }), 'send', { body: 'words' });
    expect(api.seen()).toMatchObject({ body: 'words', headers: { 'content-type': 'text/plain; charset=utf-8' } });
    await call(sending('application/vnd.x+json; v=1', {}), 'send', { body: [1] });
    expect(api.seen()?.headers['content-type']).toBe('application/vnd.x+json');
  });

  it('are refused where they are files, or of a kind that nobody can write', () => {
    const file = { type: 'object', properties: { file: { type: 'string', format: 'binary' } } };
    expect(() => sending('multipart/form-data', file)).toThrow(
      /POST \/send: its body is multipart\/form-data, or holds a file/,
    );
    expect(() => sending('application/xml', {})).toThrow(/its body is application\/xml/);
  });
});

describe('operations as resources', () => {
  const routes = [
    { methods: ['DELETE'], as: 'exclude' },
    { methods: ['GET'], path: '/books/*', as: 'template' },
    { methods: ['GET'], tags: ['reading'], as: 'resource' },
  ] as const;
  const read = (server: ReturnType<typeof serving>, uri: string, caller = reader) =>
    server.ask(modern('resources/read', { uri }), caller);

  it('have the address of their path, and the scopes of the operation', async () => {
    const server = shelf({ routes, name: 'shelf' });
    expect((await server.ask(modern('tools/list'), writer)).body.result.tools).toMatchObject([
      { name: 'addBook' },
      { name: 'odd' },
    ]);
    expect((await server.ask(modern('resources/list'), reader)).body.result.resources).toMatchObject([
      { uri: 'openapi://shelf/books', name: 'listBooks' },
    ]);
    expect((await read(server, 'openapi://shelf/books')).body.result.contents).toMatchObject([
      { uri: 'openapi://shelf/books', mimeType: 'application/json' },
    ]);
    expect(JSON.parse((await read(server, 'openapi://shelf/books/7')).body.result.contents[0].text).id).toBe(7);
    expect((await read(server, 'openapi://shelf/books/7', { principal: user('eve') })).status).toBe(403);
    expect((await read(server, 'openapi://shelf/books/x')).body.error.message).toContain('The address is not valid');
  });

  it('have variables for plain members of the query', async () => {
    const path = {
      get: {
        parameters: [
          { name: 'page', in: 'query', schema: { type: 'integer' } },
          { name: 'sort-by', in: 'query', required: true, schema: { $ref: '#/components/schemas/Sort' } },
          { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
        ],
      },
    };
    const document = {
      openapi: '3.1.0',
      info: { title: 'x', version: '1' },
      paths: { '/list': path },
      components: { schemas: { Sort: { type: 'string', enum: ['name'] } } },
    };
    const server = serving(fromOpenApi(document, { baseUrl: api.url, otherwise: [], routes: [{ as: 'template' }] }));
    const { body } = await server.ask(modern('resources/templates/list'), reader);
    expect(body.result.resourceTemplates).toMatchObject([{ uriTemplate: 'openapi://x/list{?page,sort_by}' }]);
    const uri = 'openapi://x/list?page=2&sort_by=name';
    expect((await read(server, uri)).body.result.contents).toMatchObject([{ uri, text: '{}' }]);
    expect(api.seen()?.url).toBe('/list?page=2&sort-by=name');
    expect((await read(server, 'openapi://x/list?sort_by=age')).body.error.message).toContain('is not valid');
  });

  it('must be what they are called', () => {
    expect(() => shelf({ routes: [{ path: '/books', as: 'template' }] })).toThrow(/GET \/books: it has no parameters/);
    expect(() => shelf({ routes: [{ path: '/books/*', as: 'resource' }] })).toThrow(/GET .*it needs "id"/);
    expect(() => shelf({ routes: [{ path: '/books', as: 'resource' }] })).toThrow(/POST \/books: only a GET/);
  });
});

describe('a document', () => {
  it('may be fetched; its first server counts where it is of the same origin', async () => {
    const server = serving(await fromOpenApi(new URL(`${api.url}/v1/openapi.yaml`), { otherwise: [] }));
    await call(server, 'get_book', { id: 7 });
    expect(api.seen()?.url).toBe('/v1/books/7');
    const elsewhere = BOOKS_YAML.replace('url: /v1', 'url: http://169.254.169.254/');
    const fetch = async () => new Response(elsewhere);
    await expect(fromOpenApi(new URL(`${api.url}/x`), { otherwise: [], fetch })).rejects.toThrow(
      /Say where the API is/,
    );
  });

  it('H36 leads nowhere else: a reference to a file or a URL is refused and never opened', () => {
    for (const reference of ['file:///etc/passwd', 'http://169.254.169.254/x', '../other.yaml#/a', '#anchor']) {
      const text = BOOKS_YAML.replace(
        "'#/components/schemas/Book' } } } }\n      responses",
        `'${reference}' } } } }\n      responses`,
      );
      expect(() => fromOpenApi(text, { baseUrl: api.url, otherwise: [] })).toThrow(/leads out of the document/);
    }
  });

  it('is refused where its operations say nothing of scopes and nobody else does', () => {
    const bare = { openapi: '3.1.0', info: { title: 'Bare', version: '1' }, paths: { '/a': { get: {} } } };
    expect(() => fromOpenApi(bare, { baseUrl: api.url })).toThrow(
      'Bare: no operation is left to be served.\n- GET /a: nothing says which scopes it needs',
    );
    expect(fromOpenApi(bare, { baseUrl: api.url, otherwise: ['bare'] }).defaultScopes()).toEqual(['bare']);
  });

  it('is ruled by a policy where there is one: what no rule fits is not there', () => {
    const left: string[] = [];
    const server = fromOpenApi(BOOKS_YAML, {
      baseUrl: api.url,
      policy: {
        rules: [
          { name: 'get_*', hidden: true },
          { tag: 'reading', scopes: ['extra'] },
          { name: 'odd', scopes: [] },
        ],
      },
      onLeftOut: ({ method, path }, reason) => left.push(`${method} ${path}: ${reason}`),
    });
    expect([...server.surface().tools].map(([name, { scopes }]) => [name, scopes])).toEqual([
      ['listBooks', ['books:read', 'extra']],
      ['odd', []],
    ]);
    expect(left).toEqual(
      ['POST /books', 'GET /books/{id}', 'DELETE /books/{id}'].map(
        (label) => `${label}: nothing says which scopes it needs`,
      ),
    );
  });

  it('of another version, of no form, or in circles is refused with a reason', () => {
    expect(() => fromOpenApi({ swagger: '2.0' })).toThrow('must be OpenAPI 3.0 or 3.1; this one has Swagger 2');
    expect(() => fromOpenApi('{ "openapi"')).toThrow('neither JSON nor YAML');
    const circle = {
      openapi: '3.1.0',
      paths: { '/a': { get: { parameters: [{ $ref: '#/components/parameters/a' }] } } },
      components: { parameters: { a: { $ref: '#/components/parameters/a' } } },
    };
    expect(() => fromOpenApi(circle, { baseUrl: api.url, otherwise: [] })).toThrow(/GET \/a: .*leads in a circle/);
  });

  it('says where requests go only in ways that keep them private', () => {
    expect(() => shelf({ baseUrl: 'http://api.example.com' })).toThrow('baseUrl must be https');
    expect(() => shelf({ baseUrl: 'https://u:p@api.example.com' })).toThrow('without user info');
    expect(() => shelf({ baseUrl: 'file:///etc' })).toThrow('absolute http or https URL');
  });
});
