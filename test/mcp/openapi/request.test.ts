import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listOperations } from '../../../src/mcp/openapi/list-operations.ts';
import { readParameters } from '../../../src/mcp/openapi/parameters.ts';
import { pathIndex } from '../../../src/mcp/openapi/path-index.ts';
import { referencesOf } from '../../../src/mcp/openapi/references.ts';
import { pathWriter, requestUrl } from '../../../src/mcp/openapi/request-url.ts';
import { headerValue, pathValue, queryPairs } from '../../../src/mcp/openapi/serialise.ts';
import { ToolError } from '../../../src/mcp/tool-error.ts';

const NONE = new Set<string>();

/** The first parameter of an operation. */
function parameter(
  given: Record<string, unknown>,
  path = '/a',
  headers: ReadonlySet<string> = NONE,
  beside: readonly unknown[] = [],
) {
  const root = { paths: { [path]: { get: { parameters: [given, ...beside] } } } };
  const [operation] = listOperations({ root, dialect: '3.1', title: 'T', version: '1' }, referencesOf(root));
  const [read] = readParameters(operation ?? { parameters: [], path }, referencesOf(root), headers);
  if (read === undefined) throw new Error('The parameter was left out.');
  return read;
}

const inPath = parameter({ name: 'id', in: 'path' }, '/a/{id}');
const rules = { paths: pathIndex([]), maySlash: () => false };
const write = pathWriter('/v2/items/{id}/parts.json', rules);
const base = new URL('https://api.test/base/');
const urlFor = (value: unknown) => requestUrl(base, write(new Map([['id', pathValue(inPath, value)]])), []);

/** Texts as an attacker would write them. */
const nasty = fc.string({
  unit: fc.constantFrom(
    '.',
    '/',
    '\\',
    '%',
    '2',
    'e',
    'E',
    'f',
    'F',
    '5',
    'c',
    ';',
    '?',
    '#',
    '@',
    ':',
    '\t',
    'é',
    'a',
  ),
});

describe('a value in the path', () => {
  it('MC-15 H36 stays one segment of the path of the operation, whatever it is, or nothing is sent', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.webPath()), (value) => {
        let url: URL;
        try {
          url = urlFor(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
          return;
        }
        const parts = url.pathname.split('/');
        expect(url.origin + parts.slice(0, 4).join('/')).toBe('https://api.test/base/v2/items');
        expect(parts).toHaveLength(6);
        expect(parts[5]).toBe('parts.json');
        expect([url.search, url.hash]).toEqual(['', '']);
        expect(decodeURIComponent(parts[4] ?? '')).toBe(value);
        // However often a server decodes: no segment leads elsewhere.
        let text = parts[4] ?? '';
        for (let times = 0; times < 3; times += 1) {
          text = text.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
          expect(text.split(/[/\\]/)).not.toContain('..');
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '.',
    '..',
    '../x',
    'a/../b',
    '..\\x',
    '%2e%2e',
    '%252e%252e',
    '..%2fx',
    '..;v=1',
    'heads/main',
    'heads\\main',
    'heads%2fmain',
    'heads%255Cmain',
    '',
    'a\u0000',
    'a\nb',
    '\ud800',
  ])('MC-15 is refused as %j', (value) => {
    expect(() => urlFor(value)).toThrow(ToolError);
  });

  it.each([
    ['main', 'main'],
    ['a.b..c', 'a.b..c'],
    ['50%', '50%25'],
    ['?x#y', '%3Fx%23y'],
    [[1, 2], '1,2'],
    [{ a: 1, b: 'x' }, 'a,1,b,x'],
    [true, 'true'],
  ])('is written: %j', (value, text) => {
    expect(urlFor(value).pathname).toBe(`/base/v2/items/${text}/parts.json`);
  });
});

describe('a value that holds slashes', () => {
  const refs = pathWriter('/refs/{id}', {
    paths: pathIndex(['/refs/{id}', '/refs/{id}/protection']),
    maySlash: (name) => name === 'id',
  });

  it('is written where the operator lets it, as one segment', () => {
    expect(refs(new Map([['id', 'heads%2Fmain']]))).toBe('/refs/heads%2Fmain');
  });

  it('MC-15 leads to no other path all the same, nor upwards', () => {
    for (const id of ['main%2Fprotection', 'main%252FProtection', 'a%2F..%2Fb']) {
      expect(() => refs(new Map([['id', id]]))).toThrow(ToolError);
    }
  });
});

describe('a value that makes the path another one of the document', () => {
  const paths = [
    '/users/{id}',
    '/users/{user}/keys',
    '/users/export',
    '/{section}/{id}',
    '/internal/keys',
    '/f/{n}.json',
  ];
  const index = pathIndex([...paths, '/f/{n}', '/f/report-{n}', '/caf%C3%A9/{x}', '/both/{a}/x', '/both/y/{b}']);
  const fill = (template: string, ...values: string[]) => {
    let count = 0;
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']): [string, string] => [
      name,
      pathValue(inPath, values[count++]),
    ]);
    return pathWriter(template, { paths: index, maySlash: () => false })(new Map(names));
  };

  it.each([
    ['/users/{id}', 'export'],
    ['/users/{id}', 'EXPORT'],
    ['/users/{id}', '%65xport'],
    ['/users/{id}', '%2565xport'],
    ['/users/{id}', 'export;v=1'],
    ['/users/{id}', 'export.json'],
    ['/users/{id}', 'export '],
    ['/{section}/{id}', 'internal', 'keys'],
    ['/{section}/{id}', 'users', '7'],
    ['/{section}/{id}', 'café', '7'],
    ['/f/{n}', 'a.json'],
    ['/f/{n}', 'report-7'],
    ['/both/{a}/x', 'y'],
  ])('MC-15 is refused: %s with %j', (template, ...values) => {
    expect(() => fill(template, ...values)).toThrow('A value makes the path that of another operation.');
  });

  it.each([
    ['/users/{id}', '/users/7', '7'],
    ['/users/{id}', '/users/exports', 'exports'],
    ['/{section}/{id}', '/internal/doors', 'internal', 'doors'],
    ['/f/{n}.json', '/f/a.json', 'a'],
    ['/f/report-{n}', '/f/report-7', '7'],
    ['/both/{a}/x', '/both/z/x', 'z'],
    ['/users/{user}/keys', '/users/export/keys', 'export'],
  ])('is sent where no other one has that text: %s as %s', (template, path, ...values) => {
    expect(fill(template, ...values)).toBe(path);
  });
});

describe('a value in the query', () => {
  const schema = {};
  it.each([
    [{}, ['a', 'b'], ['q=a', 'q=b']],
    [{ explode: false }, ['a', 'b,c'], ['q=a,b%2Cc']],
    [{ style: 'spaceDelimited', explode: false }, ['a', 'b'], ['q=a%20b']],
    [{ style: 'pipeDelimited', explode: false }, ['a', 'b'], ['q=a%7Cb']],
    [{}, { a: 1, b: 'x&y' }, ['a=1', 'b=x%26y']],
    [{ explode: false }, { a: 1 }, ['q=a,1']],
    [{ style: 'deepObject' }, { a: 1, b: 2 }, ['q%5Ba%5D=1', 'q%5Bb%5D=2']],
    [{ content: { 'application/json': { schema } } }, { a: [1, null] }, ['q=%7B%22a%22%3A%5B1%2Cnull%5D%7D']],
    [{}, 'x y', ['q=x%20y']],
    [{ explode: false }, [], []],
  ])('of %j: %j', (how, value, pairs) => {
    expect(queryPairs(parameter({ name: 'q', in: 'query', schema, ...how }), value)).toEqual(pairs);
  });

  it('comes back from a server as it was given', () => {
    const q = parameter({ name: 'q[x]&', in: 'query' });
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (values) => {
        const { searchParams } = requestUrl(base, '/a', queryPairs(q, values));
        expect(searchParams.getAll('q[x]&')).toEqual(values);
      }),
    );
  });

  it('has the names that its schema has, where these become names of the query', () => {
    const page = { type: 'object', properties: { page: { type: 'integer' } } };
    const filter = (schema: unknown) => parameter({ name: 'q', in: 'query', schema });
    expect(queryPairs(filter(page), { page: 2 })).toEqual(['page=2']);
    expect(queryPairs(filter({ ...page, additionalProperties: true }), { admin: true })).toEqual(['admin=true']);
    for (const schema of [page, { allOf: [page] }]) {
      expect(() => queryPairs(filter(schema), { page: 2, admin: true })).toThrow('q has no member "admin".');
    }
  });

  describe('with members under names of their own', () => {
    const beside = [
      { name: 'account', in: 'query', schema: { enum: ['mine'] } },
      { name: 'page_size', in: 'query', schema: { maximum: 10 } },
      { name: 'filter[status]', in: 'query', schema: { enum: ['open'] } },
      { name: 'sorting', in: 'query', schema: { type: 'object', properties: { Order: { enum: ['asc'] } } } },
    ];
    const object = (more: object, schema: object = { type: 'object' }) =>
      parameter({ name: 'filter', in: 'query', schema, ...more }, '/a', NONE, beside);

    it.each([
      ...['account', 'Account', 'ACCOUNT', ' account', 'account ', 'ａccount', 'account\0x'],
      ...['account[]', 'account[0]', '[account]', 'account[', 'account.id', 'account[id][]', '.account'],
      ...['page.size', 'page size', 'page[size', 'page_size[]', 'filter[status]', 'filter.status', 'filter[status][]'],
      ...['filter', 'Filter[Status]', 'sorting', 'order', 'Order', '', '[]'],
    ])('refuses a made-up member that could be taken for another parameter: %j', (name) => {
      expect(() => queryPairs(object({}), { colour: 'red', [name]: 'theirs' })).toThrow(
        `filter may not have a member ${JSON.stringify(name)}: it could be taken for another parameter.`,
      );
    });

    it('sends every other member', () => {
      const names = [
        'colour',
        'accounts',
        'my_account',
        'my.account',
        'page',
        'size',
        'filters',
        'filter[name]',
        'a.b',
      ];
      for (const name of names) {
        expect(queryPairs(object({}), { [name]: 1 })).toEqual([`${encodeURIComponent(name)}=1`]);
      }
    });

    it('refuses those below its own name too, and sends every other one there', () => {
      const deep = object({ style: 'deepObject' });
      for (const name of ['status', 'Status', 'status][', 'status][0']) {
        expect(() => queryPairs(deep, { [name]: 'x' })).toThrow('could be taken for another parameter');
      }
      expect(queryPairs(deep, { account: 'x', colour: 'y' })).toEqual([
        'filter%5Baccount%5D=x',
        'filter%5Bcolour%5D=y',
      ]);
    });

    it('takes the document at its word for the members that it names, unless they have the very name of another parameter', () => {
      const named = (name: string) => object({}, { type: 'object', properties: { [name]: {} } });
      expect(queryPairs(named('account[id]'), { 'account[id]': 1 })).toEqual(['account%5Bid%5D=1']);
      expect(() => queryPairs(named('account'), { account: 'theirs' })).toThrow('could be taken for another parameter');
    });

    it('minds no name of a path or a header', () => {
      const path = [{ name: 'id', in: 'path', required: true }];
      const free = parameter({ name: 'q', in: 'query', schema: { type: 'object' } }, '/a/{id}', NONE, path);
      expect(queryPairs(free, { id: 1 })).toEqual(['id=1']);
    });
  });

  it('must be one that its style can write', () => {
    expect(() => queryPairs(parameter({ name: 'q', in: 'query' }), [{ a: 1 }])).toThrow(ToolError);
    expect(() => queryPairs(parameter({ name: 'q', in: 'query', style: 'deepObject' }), 'x')).toThrow(ToolError);
  });
});

describe('parameters', () => {
  it('are refused where an operation needs what is never sent', () => {
    expect(() => parameter({ name: 's', in: 'cookie', required: true })).toThrow(/cookies are never sent/);
    expect(() => parameter({ name: 'X-A', in: 'header', required: true })).toThrow(/list it in `headers`/);
    expect(() => parameter({ name: 'm', in: 'path', style: 'matrix' }, '/a/{m}')).toThrow(/has the style matrix/);
    expect(() => parameter({ name: 'm', in: 'path' }, '/a/{n}')).toThrow(/disagree about/);
  });

  it('have arguments of other names where theirs would not do', () => {
    expect(parameter({ name: 'filter[name]', in: 'query' }).argument).toBe('filter_name');
    expect(parameter({ name: 'body', in: 'query' }).argument).toBe('body_query');
  });

  it('in headers are of one line', () => {
    const header = parameter({ name: 'X-A', in: 'header' }, '/a', new Set(['x-a']));
    expect(headerValue(header, ['a', 'b'])).toBe('a,b');
    for (const value of ['a\r\nb', 'a\0', 'ü']) expect(() => headerValue(header, value)).toThrow(ToolError);
  });
});

describe('a path of the document', () => {
  it.each(['/a?x=1', '/a#b', '/../a', '/a/%2e%2e/b', '//host/a b', '/a\\b', '/a/{b'])('cannot be %s', (path) => {
    expect(() => pathWriter(path, rules)).toThrow(/more than a path/);
  });
});
