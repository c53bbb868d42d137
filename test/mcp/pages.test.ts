import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { createCursors } from '../../src/mcp/cursors.ts';
import { defineServer, type ServerOptions } from '../../src/mcp/define-server.ts';
import { createEndpoint } from '../../src/mcp/endpoint.ts';
import { exchange, legacy, modern, serving, user } from './callers.ts';

const LISTS = [
  ['tools/list', 'tools', 'name'],
  ['prompts/list', 'prompts', 'name'],
  ['resources/list', 'resources', 'uri'],
  ['resources/templates/list', 'resourceTemplates', 'uriTemplate'],
] as const;
const nothing = () => '';

/** Five items of each kind, every second one behind `admin`, and two more resources that a template lists. */
function fives(options: Partial<ServerOptions> = {}) {
  const definition = defineServer({
    name: 's',
    version: '1',
    pageSize: 2,
    scopes: { admin: 'Administer' },
    ...options,
  });
  for (const number of [1, 2, 3, 4, 5]) {
    const item = { description: 'x', scopes: number % 2 === 0 ? ['admin'] : [] };
    const list = number === 5 ? { list: () => ['l:1', 'l:2'].map((uri) => ({ uri, name: uri })) } : {};
    definition
      .tool(`t${number}`, item, nothing)
      .prompt(`p${number}`, item, nothing)
      .resource(`r:${number}`, item, nothing)
      .resource(`u${number}:{x}`, { ...item, ...list }, nothing);
  }
  return definition;
}

type Ask = ReturnType<typeof serving>['ask'];

/** All pages of a list, as a client reads them. `between` is called before each but the first. */
async function pages(
  ask: Ask,
  [method, key, name]: (typeof LISTS)[number],
  caller = {},
  era = modern,
  between = nothing,
) {
  const seen: string[][] = [];
  for (let cursor: string | undefined; ; between()) {
    const { result } = (await ask(era(method, cursor === undefined ? {} : { cursor }), caller)).body;
    seen.push(result[key].map((entry: Record<string, string>) => entry[name]));
    cursor = result.nextCursor;
    if (cursor === undefined) return seen;
  }
}

describe('lists in pages', () => {
  it('MC-12 give each entry that the caller may see once, in order, in both eras', async () => {
    const { ask } = serving(fives());
    const admin = { principal: user('root', 'admin') };
    for (const era of [modern, legacy]) {
      expect(await pages(ask, LISTS[0], admin, era)).toEqual([['t1', 't2'], ['t3', 't4'], ['t5']]);
      expect(await pages(ask, LISTS[0], {}, era)).toEqual([['t1', 't3'], ['t5']]);
      expect(await pages(ask, LISTS[1], {}, era)).toEqual([['p1', 'p3'], ['p5']]);
      expect(await pages(ask, LISTS[2], {}, era)).toEqual([['r:1', 'r:3'], ['r:5', 'l:1'], ['l:2']]);
      expect(await pages(ask, LISTS[3], admin, era)).toEqual([['u1:{x}', 'u2:{x}'], ['u3:{x}', 'u4:{x}'], ['u5:{x}']]);
    }
    expect(await pages(serving(fives({ pageSize: 5 })).ask, LISTS[0], admin)).toHaveLength(1);
  });

  it('go on after the last entry that was seen while items come and go', async () => {
    const rest = async (change: (definition: ReturnType<typeof fives>) => unknown) => {
      const definition = fives({ listChanged: ['tools'] });
      const { ask } = serving(definition);
      let once = () => void change(definition);
      const seen = await pages(ask, LISTS[0], { principal: user('root', 'admin') }, modern, () => {
        once();
        once = () => undefined;
        return '';
      });
      return seen.slice(1).flat();
    };
    expect(await rest((server) => server.disable({ tools: ['t1'] }))).toEqual(['t3', 't4', 't5']);
    expect(await rest((server) => server.disable({ tools: ['t2'] }))).toEqual(['t3', 't4', 't5']);
    expect(await rest((server) => server.remove({ tools: ['t3'] }))).toEqual(['t4', 't5']);
    expect(await rest((server) => server.tool('t6', { description: 'x', scopes: [] }, nothing))).toEqual([
      't3',
      't4',
      't5',
      't6',
    ]);
    expect(await rest((server) => server.disable({ tools: ['t1', 't2', 't3', 't4', 't5'] }))).toEqual([]);
  });

  it('MC-12 take no cursor that is altered, made up, of another list or of another mount: -32602, and nothing is run for it', async () => {
    let listed = 0;
    const definition = fives().resource(
      'v:{x}',
      { scopes: [], list: () => [{ uri: `l:${listed++}`, name: 'l' }] },
      nothing,
    );
    const { ask } = serving(definition);
    const cursors = new Map<string, string>();
    for (const [method] of LISTS) cursors.set(method, (await ask(modern(method))).body.result.nextCursor);
    listed = 0;
    const [first = ''] = cursors.values();
    const [at, name, mac] = first.split('.');
    const forged = [
      '',
      '2',
      'Mg==',
      `3.${name}.${mac}`,
      `02.${name}.${mac}`,
      `${at}.${name}.${mac} `,
      `${first}A`,
      `${at}.${mac}.${name}`,
    ];
    for (const [method] of LISTS) {
      for (const cursor of [
        ...forged,
        ...[...cursors].filter(([other]) => other !== method).map(([, value]) => value),
      ]) {
        const { body } = await ask(modern(method, { cursor }));
        expect([cursor, body.error]).toEqual([cursor, { code: -32602, message: 'The cursor is not known.' }]);
      }
      expect((await ask(modern(method, { cursor: cursors.get(method) }))).body).toHaveProperty('result');
    }
    expect(listed).toBe(1);
    const elsewhere = { principal: { ...user('alice'), resource: 'https://rs.test/b/mcp' } };
    expect((await ask(modern('tools/list', { cursor: first }), elsewhere)).body.error.code).toBe(-32602);
  });

  it('have cursors that every node of a mount takes, also after a change of keys, and that tell nothing', async () => {
    const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const node = (...stateKeys: Uint8Array[]) => {
      const definition = fives();
      const endpoint = createEndpoint(definition, { log: silentLog, stateKeys });
      return async (params: Record<string, unknown>) =>
        (await exchange(definition, endpoint, modern('tools/list', params))).json() as Promise<{
          result?: { nextCursor: string };
        }>;
    };
    const cursor = (await node(old)({})).result?.nextCursor ?? '';
    for (const other of [node(old), node(fresh, old)])
      expect(await other({ cursor })).toMatchObject({ result: { tools: [{ name: 't5' }] } });
    expect(await node(fresh)({ cursor })).toMatchObject({ error: { code: -32602 } });
    expect(cursor).not.toContain('t3');
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('t3');
  });

  it('MC-12 no text but the one that was written is read as a cursor', () => {
    const cursors = createCursors([Buffer.alloc(32, 1)]);
    const written = cursors.write('tools/list', 2, 'b');
    expect(cursors.read('tools/list', written)).toMatchObject({ at: 2 });
    expect(() => createCursors([])).toThrow(TypeError);
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (index, char) => {
        const altered = written.slice(0, index) + char + written.slice(index + 1);
        fc.pre(altered !== written);
        expect(cursors.read('tools/list', altered)).toBeUndefined();
      }),
    );
  });

  it('need a page that has something in it', () => {
    for (const pageSize of [0, -1, 1.5, Number.NaN]) {
      expect(() => fives({ pageSize })).toThrow('Server s: pageSize must be a whole number from 1.');
    }
  });
});

describe('what may be kept', () => {
  const open = (options: Partial<ServerOptions>) =>
    defineServer({ name: 'o', version: '1', ...options }).tool('t', { description: 'T', scopes: [] }, nothing);
  const hint = async (definition: ReturnType<typeof open>, method: string, params = {}) => {
    const { ttlMs, cacheScope } = (await serving(definition).ask(modern(method, params))).body.result;
    return [ttlMs, cacheScope];
  };
  const cache = { ttl: 60, scope: 'public' } as const;

  it('of lists is what the server says, by everybody only while everybody sees the same', async () => {
    expect(await hint(open({ cache }), 'tools/list')).toEqual([60_000, 'public']);
    expect(await hint(open({ cache }), 'server/discover')).toEqual([60_000, 'public']);
    expect(await hint(open({ cache: { ttl: 60 } }), 'tools/list')).toEqual([60_000, 'private']);
    expect(await hint(open({ listChanged: ['tools'] }), 'tools/list')).toEqual([0, 'private']);
    for (const [method] of LISTS) expect(await hint(fives({ cache }), method)).toEqual([60_000, 'private']);
    expect(await hint(fives({ cache, list: 'all' }), 'tools/list')).toEqual([60_000, 'private']);
    const growing = open({ cache, scopes: { admin: 'Administer' } });
    const { ask } = serving(growing);
    expect((await ask(modern('tools/list'))).body.result.cacheScope).toBe('public');
    growing.tool('secret', { description: 'S', scopes: ['admin'] }, nothing);
    expect((await ask(modern('tools/list'))).body.result.cacheScope).toBe('private');
    growing.disable({ tools: ['secret'] });
    expect((await ask(modern('tools/list'))).body.result.cacheScope).toBe('public');
  });

  it('of a resource is what it says; clients of 2025 are told nothing', async () => {
    const definition = open({})
      .resource('r:kept', { scopes: [], cache }, () => 'r')
      .resource('r:own', { scopes: [], cache: { ttl: 5 } }, () => 'r')
      .resource('r:not', { scopes: [] }, () => 'r')
      .resource('r:said', { scopes: [] }, () => ({ contents: [], ttlMs: 9, cacheScope: 'public' }))
      .resource('r:gated', { scopes: ['a'] }, () => ({ contents: [], ttlMs: 9, cacheScope: 'public' }))
      .resource('r:{id}', { scopes: [], cache: { ttl: 7 } }, () => 'r');
    const read = (uri: string) => hint(definition, 'resources/read', { uri });
    expect(await read('r:kept')).toEqual([60_000, 'public']);
    expect(await read('r:own')).toEqual([5000, 'private']);
    expect(await read('r:not')).toEqual([0, 'private']);
    expect(await read('r:any')).toEqual([7000, 'private']);
    expect(await read('r:said')).toEqual([9, 'public']);
    const gated = await serving(definition).ask(modern('resources/read', { uri: 'r:gated' }), {
      principal: user('x', 'a'),
    });
    expect(gated.body.result).toMatchObject({ ttlMs: 9, cacheScope: 'private' });
    const old = await serving(definition).ask(legacy('resources/read', { uri: 'r:kept' }));
    expect(Object.keys(old.body.result)).toEqual(['contents']);
  });

  it('cannot be public where it is for some, and has a time that there is', () => {
    const server = () => open({});
    expect(() => server().resource('r:a', { scopes: ['a'], cache }, nothing)).toThrow(
      'Resource "r:a" of o needs scopes: what is kept of it must be private.',
    );
    expect(() => server().resource('r:{a}', { scopes: ['a'], cache }, nothing)).toThrow(TypeError);
    for (const wrong of [{ ttl: -1 }, { ttl: 1.5 }, { ttl: 1, scope: 'all' }, { ttl: 1e9 }, {}]) {
      expect(() => open({ cache: wrong as never })).toThrow('Server o: cache must be { ttl, scope }');
      expect(() => server().resource('r:a', { scopes: [], cache: wrong as never }, nothing)).toThrow(
        'Resource "r:a" of o: cache',
      );
    }
  });
});
