import type { WireRequest } from './seeds.ts';

/** Whole numbers below a bound, the same ones for the same seed. */
export type Dice = (bound: number) => number;

/** A small generator (mulberry32): good enough to vary requests, and repeatable. */
export function dice(seed: number): Dice {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const pick = <T>(roll: Dice, from: readonly T[]): T => from[roll(from.length)] as T;

/** Texts that something somewhere has once stumbled over. */
const TEXTS = [
  '',
  ' ',
  '\0',
  '%00',
  '%',
  '%zz',
  '%ff',
  '%c0%af',
  '+',
  '%2B',
  '\u00e9',
  '\u202e',
  '\ufeff',
  '"',
  '\\',
  '<script>',
  "' OR 1=1--",
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '0',
  '-1',
  '1e309',
  '9'.repeat(400),
  'a'.repeat(5000),
  '../../etc/passwd',
  '..%2f..%2f',
  '/',
  '//evil.test',
  'javascript:alert(1)',
  'https://evil.test/',
  'https://user@evil.test/#',
  'http://[::1',
  'data:,x',
  'notes:read notes:write',
  'notes:read  notes:read',
  'openid',
  'offline_access',
  'none',
  'login',
  'consent',
  'S256',
  'plain',
  'code',
  'token',
  'eyJhbGciOiJub25lIn0.e30.',
  'a.b.c',
  '....',
  'Bearer x',
  'Basic Og==',
  'Basic !!',
  'x=1&x=2',
  ';',
  ',',
  'ada',
  'grace',
  '%0d%0aSet-Cookie:%20a=b',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json, text/html',
  '',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  ';',
  'application/octet-stream',
];
const VALUES = [
  'null',
  'true',
  '-0',
  '1e999',
  '[]',
  '{}',
  '[[[[[[]]]]]]',
  '{"length":1,"0":"x"}',
  '"\\ud800"',
  '"\\u0000"',
  '{"__proto__":{"x":1}}',
  '[null]',
  '[{}]',
  '9007199254740993',
  `"${'b'.repeat(3000)}"`,
  '[1,2',
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
];
const HEADERS = [
  'authorization',
  'cookie',
  'origin',
  'accept',
  'content-type',
  'content-encoding',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
  'x-forwarded-for',
  'x-forwarded-host',
  'sec-fetch-site',
  'sec-fetch-dest',
  'accept-language',
  'if-none-match',
  'range',
  'expect',
  'access-control-request-headers',
  'access-control-request-method',
  'dpop',
  'x-http-method-override',
  'last-event-id',
];

type Mutation = (request: WireRequest, roll: Dice, seeds: readonly WireRequest[]) => WireRequest;

/** Replaces, repeats or removes one `name=value` of a query or form. */
function changePair(text: string, roll: Dice): string {
  const pairs = text.split('&');
  const at = roll(pairs.length);
  const [name = ''] = (pairs[at] ?? '').split('=');
  const ways = [
    () => pairs.with(at, `${name}=${encodeURIComponent(pick(roll, TEXTS))}`),
    () => pairs.with(at, `${name}=${pick(roll, TEXTS)}`),
    () => [...pairs, `${name}=${encodeURIComponent(pick(roll, TEXTS))}`],
    () => pairs.toSpliced(at, 1),
    () => pairs.with(at, `${name}[]=x`),
    () => [...pairs, `${encodeURIComponent(pick(roll, TEXTS))}=1`],
    () => pairs.with(at, name),
  ];
  return pick(roll, ways)().join('&');
}

/** Puts an odd value after one colon of a JSON text, which may end its being JSON. */
function changeJson(text: string, roll: Dice): string {
  const members = [...text.matchAll(/"([^"]*)":("[^"]*"|\d+|\[[^\]]*\]|\{\})/g)];
  const member = members[roll(Math.max(1, members.length))];
  if (member === undefined) return pick(roll, VALUES);
  const value = roll(2) === 0 ? pick(roll, VALUES) : JSON.stringify(pick(roll, TEXTS));
  const written = roll(4) === 0 ? `${member[0]},"${member[1]}":${value}` : `"${member[1]}":${value}`;
  return text.slice(0, member.index) + written + text.slice(member.index + member[0].length);
}

const withHeader = (request: WireRequest, name: string, value: string): WireRequest => ({
  ...request,
  headers: [
    ...request.headers.filter(([known]) => known !== name),
    [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')],
  ],
});

const inPath: Mutation = (request, roll) => {
  const [path = '', query] = request.target.split('?');
  const at = roll(path.length + 1);
  const put = pick(roll, [
    '/',
    '//',
    '/.',
    '/..',
    '%2f',
    '%00',
    ';x',
    '%5c',
    '..;/',
    '%e0%80',
    '.json',
    '*',
    ':uid',
    'A',
    '~',
    '%25',
  ]);
  const changed = `${path.slice(0, at)}${put}${path.slice(roll(2) === 0 ? at : Math.min(path.length, at + 1))}`;
  return { ...request, target: `/${changed.replace(/^\/*/, '')}${query === undefined ? '' : `?${query}`}` };
};

const MUTATIONS: readonly Mutation[] = [
  (request, roll) => ({ ...request, method: pick(roll, METHODS) }),
  inPath,
  (request, roll) => {
    const [path, query = 'x=1'] = request.target.split('?');
    return { ...request, target: `${path}?${changePair(query, roll)}`.replace(/[^\x21-\xff]/g, '') };
  },
  (request, roll) => ({
    ...request,
    body: request.body.startsWith('{') ? changeJson(request.body, roll) : changePair(request.body, roll),
  }),
  (request, roll) => ({
    ...request,
    body: request.body.startsWith('{') ? changeJson(request.body, roll) : changePair(request.body, roll),
  }),
  (request, roll) => ({ ...request, body: request.body.slice(0, roll(request.body.length + 1)) }),
  (request, roll) => {
    const at = roll(request.body.length + 1);
    return {
      ...request,
      body: `${request.body.slice(0, at)}${String.fromCharCode(roll(256))}${request.body.slice(at + 1)}`,
    };
  },
  (request, roll) => withHeader(request, 'content-type', pick(roll, TYPES)),
  (request, roll) => withHeader(request, pick(roll, HEADERS), pick(roll, TEXTS)),
  (request, roll) => ({ ...request, headers: request.headers.toSpliced(roll(request.headers.length + 1), 1) }),
  (request, roll) => ({
    ...request,
    headers: [...request.headers, ...request.headers.slice(roll(request.headers.length + 1))],
  }),
  (request, roll, seeds) => ({ ...request, body: pick(roll, seeds).body }),
  (request, roll, seeds) => ({ ...request, target: pick(roll, seeds).target }),
  (request, roll, seeds) => ({ ...request, headers: pick(roll, seeds).headers }),
];

/** One of the seeds with one to three things changed. */
export function mutated(seeds: readonly WireRequest[], roll: Dice): WireRequest {
  let request = pick(roll, seeds);
  for (let count = 1 + roll(3); count > 0; count--) request = pick(roll, MUTATIONS)(request, roll, seeds);
  return request;
}
