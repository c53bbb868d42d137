import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Change } from '../../src/mcp/changes.ts';
import { defineServer, type ServerDefinition } from '../../src/mcp/define-server.ts';
import type { Middleware } from '../../src/mcp/middleware/middleware.ts';
import { modern, requestOf, serving, user } from './callers.ts';

const everyone = { to: 'everyone' } as const;

/** A server with one item of each kind, all behind `read` but the tool `add`. */
const notes = (title = 'Notes') =>
  defineServer({
    name: 'notes',
    title,
    version: '1',
    scopes: { read: 'Read your notes', write: { description: 'Write your notes', implies: ['read'] } },
    listChanged: ['tools', 'resources'],
  })
    .tool(
      'add',
      {
        description: 'Add',
        title: 'Add a note',
        scopes: ['write'],
        tags: ['change'],
        annotations: { destructiveHint: false },
        input: z.object({ text: z.string().meta({ 'x-mcp-header': 'Text' }) }),
        output: z.object({ id: z.number() }),
        limit: { calls: 3, seconds: 60 },
      },
      () => ({ id: 7 }),
    )
    .tool('who', { description: 'Who', scopes: ['read'] }, (_, { principal }) => [...principal.scopes].sort().join(' '))
    .tool('links', { description: 'Links', scopes: ['read'] }, () => [
      { type: 'resource_link', uri: 'notes://7', name: 'seven' },
      { type: 'resource_link', uri: 'https://example.com/', name: 'elsewhere' },
      { type: 'resource', resource: { uri: 'notes://index', text: 'index' } },
    ])
    .prompt(
      'sum_up',
      {
        description: 'Sum up',
        input: z.object({ id: z.string().optional() }),
        scopes: ['read'],
        complete: { id: (start) => [`${start}7`] },
      },
      () => [{ role: 'user', content: { type: 'resource_link', uri: 'notes://7', name: 'seven' } }],
    )
    .resource('notes://index', { scopes: ['read'], subscribe: true }, () => 'index')
    .resource(
      'notes://{id}',
      {
        name: 'note',
        scopes: ['read'],
        tags: ['each'],
        subscribe: true,
        list: () => [{ uri: 'notes://7', name: 'seven' }],
        complete: { id: (start) => [`${start}7`] },
      },
      ({ id }) => (id === 'none' ? undefined : `note ${id}`),
    );

const hub = () => defineServer({ name: 'hub', title: 'Hub', version: '1' });
const ada = { principal: user('ada', 'read', 'write') };

/** What a server answers, as a client reads it. */
function asking(definition: ServerDefinition, caller = ada) {
  const { ask, endpoint } = serving(definition);
  const result = async (method: string, params?: Record<string, unknown>) => {
    const { status, body } = await ask(modern(method, params), caller);
    return status === 200 ? (body.result ?? body.error) : { status, ...body };
  };
  const listed = async (kind: 'tools' | 'prompts' | 'resources') =>
    (await result(`${kind}/list`))[kind].map(({ name, uri }: { name: string; uri?: string }) => uri ?? name);
  return { ask, endpoint, result, listed };
}

const textOf = ({ content }: { content: readonly { text: string }[] }) => content[0]?.text;

describe('a server that is mounted on another one', () => {
  it('has its items there under a prefix, in lists and in calls, and under no other name', async () => {
    const { result, listed } = asking(hub().mount('n', notes()));
    expect(await listed('tools')).toEqual(['n_add', 'n_who', 'n_links']);
    expect(await listed('prompts')).toEqual(['n_sum_up']);
    expect(await listed('resources')).toEqual(['notes://n/index', 'notes://n/7']);
    expect((await result('resources/templates/list')).resourceTemplates).toMatchObject([
      { uriTemplate: 'notes://n/{id}', name: 'note' },
    ]);
    expect(textOf(await result('tools/call', { name: 'n_who' }))).toBe('read write');
    const read = await result('resources/read', { uri: 'notes://n/7' });
    expect(read.contents).toEqual([{ uri: 'notes://n/7', mimeType: 'text/plain', text: 'note 7' }]);
    for (const name of ['who', 'n_n_who', 'm_who', 'n__who', 'N_who', 'n_']) {
      expect(await result('tools/call', { name })).toMatchObject({ code: -32602 });
    }
    for (const uri of ['notes://7', 'notes://n/n/7', 'notes://m/7', 'notes:n/7', 'notes://n/none']) {
      const missing = await result('resources/read', { uri });
      expect(JSON.stringify(missing)).not.toContain(uri === 'notes://n/none' ? 'notes://none' : 'note 7');
      expect(missing).toMatchObject({ code: -32602 });
    }
  });

  it('is served at any depth, with schemas, limits, headers, facts and completion', async () => {
    const deep = hub().mount('a', defineServer({ name: 'mid', version: '1' }).mount('b', hub().mount('c', notes())));
    const { result, endpoint } = asking(deep);
    const { tools } = await result('tools/list');
    expect(tools[0]).toMatchObject({
      name: 'a_b_c_add',
      title: 'Add a note',
      annotations: { destructiveHint: false },
      outputSchema: { properties: { id: { type: 'number' } } },
    });
    const call = modern('tools/call', { name: 'a_b_c_add', arguments: { text: 'x' } }, { 'mcp-param-text': 'x' });
    expect(endpoint.inspect(requestOf(call), call.message)).toMatchObject({
      scopes: ['write'],
      limited: { tool: 'a_b_c_add', calls: 3, seconds: 60 },
    });
    const { body } = await serving(deep).ask(call, ada);
    expect(body.result.structuredContent).toEqual({ id: 7 });
    const unnamed = modern('tools/call', { name: 'a_b_c_add', arguments: { text: 'x' } });
    expect(await serving(deep).ask(unnamed, ada)).toMatchObject({ status: 400, body: { error: { code: -32020 } } });
    for (const ref of [
      { type: 'ref/prompt', name: 'a_b_c_sum_up' },
      { type: 'ref/resource', uri: 'notes://a/b/c/{id}' },
    ]) {
      const { completion } = await result('completion/complete', { ref, argument: { name: 'id', value: '4' } });
      expect(completion.values).toEqual(['47']);
    }
  });

  it('speaks of its resources by their names outside, and of others as they are', async () => {
    const { result } = asking(hub().mount('a', hub().mount('b', notes())));
    expect((await result('tools/call', { name: 'a_b_links' })).content).toMatchObject([
      { uri: 'notes://a/b/7' },
      { uri: 'https://example.com/' },
      { resource: { uri: 'notes://a/b/index' } },
    ]);
    expect((await result('prompts/get', { name: 'a_b_sum_up' })).messages[0].content.uri).toBe('notes://a/b/7');
  });

  it('may come without a prefix, and its items then need names of their own', async () => {
    expect(await asking(hub().mount(notes())).listed('tools')).toEqual(['add', 'who', 'links']);
    const twice = (server: ServerDefinition) => () => server.mount(notes()).catalogue();
    const own = (options = {}) =>
      defineServer({ name: 'hub', version: '1', ...options }).tool(
        'who',
        { description: 'W', scopes: [] },
        () => 'hub',
      );
    expect(twice(own())).toThrow('hub has the tool "who" twice, of hub and of notes: mount one of them with a prefix');
    const reading = defineServer({ name: 'hub', version: '1' });
    const sameForm = reading.resource('notes://{other}', { scopes: [] }, () => 'mine');
    expect(twice(sameForm)).toThrow('hub has the template "notes://{}" twice');
    for (const [duplicates, said] of [
      ['ignore', 'hub'],
      ['replace', 'read write'],
    ] as const) {
      const { result, listed } = asking(own({ duplicates }).mount(notes()));
      expect(textOf(await result('tools/call', { name: 'who' }))).toBe(said);
      expect(await listed('tools')).toEqual(['who', 'add', 'links']);
    }
  });

  it('cannot be mounted on itself, too late, under a name that is too long, or under a bad prefix', () => {
    const [one, other] = [hub(), hub()];
    one.mount('other', other.mount('one', one));
    expect(() => one.catalogue()).toThrow('hub is mounted on itself');
    const read = hub();
    read.surface();
    expect(() => read.mount('n', notes())).toThrow('Mount on hub before it is mounted itself');
    const long = defineServer({ name: 'l', version: '1' }).tool(
      'x'.repeat(126),
      { description: 'L', scopes: [] },
      () => '',
    );
    expect(() => hub().mount('ab', long).surface()).toThrow('has more than 128 characters: shorten the prefix');
    expect(() => hub().mount('a', long).surface()).not.toThrow();
    expect(() => hub().mount('a/b', notes())).toThrow('The prefix "a/b" must be');
    for (const wrong of [undefined, Promise.resolve(notes())]) {
      expect(() => hub().mount('a', wrong as never)).toThrow('hub can have servers mounted on it, not');
    }
  });
});

describe('what comes and goes', () => {
  it('in a mounted server does so where it is mounted, and in an included one does not', async () => {
    const child = notes();
    const live = asking(hub().mount('a', hub().mount('n', child)));
    const still = asking(hub().include('n', child));
    child.disable({ tools: ['who'], tags: ['each'] }).tool('new', { description: 'N', scopes: ['read'] }, () => 'new');
    expect(await live.listed('tools')).toEqual(['a_n_add', 'a_n_links', 'a_n_new']);
    expect(await live.listed('resources')).toEqual(['notes://a/n/index']);
    expect(await live.result('tools/call', { name: 'a_n_who' })).toMatchObject({ code: -32602 });
    expect(await live.result('resources/read', { uri: 'notes://a/n/7' })).toMatchObject({ code: -32602 });
    expect(textOf(await live.result('tools/call', { name: 'a_n_new' }))).toBe('new');
    expect(await still.listed('tools')).toEqual(['n_add', 'n_who', 'n_links']);
    expect((await still.result('resources/read', { uri: 'notes://n/7' })).contents[0].text).toBe('note 7');
    child.enable({ tools: ['who'] });
    expect(await live.listed('tools')).toContain('a_n_who');
    expect(() => hub().include(hub())).toThrow('hub offers nothing yet that could be included');
  });

  it('is told above under the names there, also by a handler of the mounted server', async () => {
    const child = notes().tool('touch', { description: 'T', scopes: ['read'] }, (_, context) =>
      context.resourceUpdated('notes://7'),
    );
    const top = hub().mount('a', hub().mount('n', child));
    const surface = top.surface();
    expect(surface.listChanged).toEqual(['tools', 'resources']);
    const heard: Change[] = [];
    const stop = surface.changes.watch((change) => heard.push(change));
    child.disable({ tools: ['who'] });
    child.resourceUpdated('notes://index', everyone);
    await asking(top).result('tools/call', { name: 'a_n_touch' });
    surface.changes.resourceUpdated('notes://a/n/8', everyone);
    expect(heard).toMatchObject([
      { kind: 'list', list: 'tools', to: 'everyone' },
      { kind: 'resource', uri: 'notes://a/n/index' },
      { kind: 'resource', uri: 'notes://a/n/7', to: { subject: 'ada' } },
      { kind: 'resource', uri: 'notes://a/n/8', to: 'everyone' },
    ]);
    stop();
    child.resourceUpdated('notes://index', everyone);
    expect(heard).toHaveLength(4);
    expect(() => surface.changes.resourceUpdated('notes://index', everyone)).toThrow('has no resource with subscribe');
  });

  it('never takes the place of what has the name already', async () => {
    const late = defineServer({ name: 'late', version: '1' });
    const { result } = asking(hub().mount('n', notes()).mount(late));
    late.tool('n_who', { description: 'Mine', scopes: [] }, () => 'mine');
    late.tool('other', { description: 'Other', scopes: [] }, () => 'other');
    expect(textOf(await result('tools/call', { name: 'n_who' }))).toBe('read write');
    expect(textOf(await result('tools/call', { name: 'other' }))).toBe('other');
  });

  it('takes no name, URI or form of a server that is mounted after it either, until that drops it', async () => {
    const first = defineServer({ name: 'first', version: '1' });
    const second = defineServer({ name: 'second', version: '1' })
      .tool('pay', { description: 'P', scopes: ['read'] }, () => 'second')
      .resource('bill://last', { scopes: ['read'], subscribe: true }, () => 'second')
      .resource('bill://{id}', { scopes: ['read'] }, () => 'second');
    for (const duplicates of ['error', 'ignore', 'replace'] as const) {
      const top = defineServer({ name: 'top', version: '1', duplicates });
      const { result, listed } = asking(
        duplicates === 'replace' ? top.mount(second).mount(first) : top.mount(first).mount(second),
      );
      const served = async () => [
        textOf(await result('tools/call', { name: 'pay' })),
        ...(await Promise.all(
          ['bill://last', 'bill://7', 'bill://7/a'].map(
            async (uri) => (await result('resources/read', { uri })).contents?.[0].text,
          ),
        )),
      ];
      expect(await served()).toEqual(['second', 'second', 'second', undefined]);
      first
        .tool('pay', { description: 'P', scopes: [] }, () => 'first')
        .resource('bill://last', { scopes: [], subscribe: true }, () => 'first')
        .resource('bill://{other}', { scopes: [] }, () => 'first')
        .resource('bill://{all*}', { scopes: [] }, () => 'first');
      expect(await served()).toEqual(['second', 'second', 'second', 'first']);
      expect(await listed('tools')).toEqual(['pay']);
      second.disable({ tools: ['pay'], resources: ['bill://last'] });
      expect(await served()).toEqual(['first', 'second', 'second', 'first']);
      second.enable({ tools: ['pay'], resources: ['bill://last'] });
      expect(await served()).toEqual(['first', 'first', 'second', 'first']);
      first.remove({ tools: ['pay'], resources: ['bill://last', 'bill://{other}', 'bill://{all*}'] });
      expect(await served()).toEqual(['second', 'second', 'second', undefined]);
    }
  });
});

describe('a part of a server', () => {
  it('is chosen by tags and names, and the rest is not there, listed or asked for', async () => {
    const only = asking(hub().mount('n', notes(), { only: { tags: ['change'], names: ['who'] } }));
    expect(await only.listed('tools')).toEqual(['n_add', 'n_who']);
    expect(await only.result('tools/call', { name: 'n_links' })).toMatchObject({ code: -32602 });
    const chosen = { only: { tags: ['each'], names: ['who'] }, except: { tags: ['change'], names: ['notes://7'] } };
    const both = asking(hub().include('n', notes(), chosen));
    expect(await both.listed('tools')).toEqual(['n_who']);
    expect(await both.listed('resources')).toEqual([]);
    expect(await both.result('resources/read', { uri: 'notes://n/7' })).toMatchObject({ code: -32602 });
    expect((await both.result('resources/read', { uri: 'notes://n/8' })).contents[0].text).toBe('note 8');
  });

  it('leaves out a URI in whatever spelling, with any query, in suggestions, and where it is included in turn', async () => {
    const papers = () =>
      defineServer({ name: 'papers', version: '1' })
        .resource('paper://secret', { scopes: [], tags: ['secret'] }, () => 'secret')
        .resource('paper://{id}{?lang}', { scopes: [], complete: { id: () => ['7', '8'] } }, ({ id }) => `paper ${id}`);
    const part = () => hub().mount('n', papers(), { except: { names: ['paper://7'], tags: ['secret'] } });
    for (const [server, prefix] of [
      [part(), 'n'],
      [hub().include('o', part()), 'o/n'],
      [hub().mount('o', part()), 'o/n'],
    ] as const) {
      const { result } = asking(server);
      const read = async (uri: string) =>
        (await result('resources/read', { uri: `paper://${prefix}/${uri}` })).contents;
      for (const uri of ['7', '%37', '7?lang=', '7?lang=de', 'secret', '%73ecret']) {
        expect([prefix, uri, await read(uri)]).toEqual([prefix, uri, undefined]);
      }
      expect((await read('8?lang=de'))[0].text).toBe('paper 8');
      const ref = { type: 'ref/resource', uri: `paper://${prefix}/{id}{?lang}` };
      const { completion } = await result('completion/complete', { ref, argument: { name: 'id', value: '' } });
      expect(completion).toMatchObject({ values: ['8'], total: 1 });
    }
  });

  it('must be chosen by something', () => {
    for (const wrong of [{ only: {} }, { except: { tag: ['x'] } }]) {
      expect(() => hub().mount('n', notes(), wrong as object)).toThrow('must be { tags } or { names } or both');
    }
  });
});

describe('the scopes of a mounted server', () => {
  const mapped = () => hub().mount('n', notes(), { scopes: { read: 'n:read', write: 'n:write' } });

  it('come along with their words and hierarchy, and so does what its first challenge asks for', () => {
    const all = hub().mount('n', notes());
    expect(all.catalogue()).toEqual(notes().catalogue());
    expect(all.defaultScopes()).toEqual(['read', 'write']);
    const small = defineServer({ name: 's', version: '1', scopes: { a: 'A', b: 'B' }, defaultScopes: ['a'] });
    const own = { scopes: { c: 'C' } };
    expect(
      defineServer({ name: 'h', version: '1', ...own })
        .mount(small)
        .defaultScopes(),
    ).toEqual(['c', 'a']);
    const fixed = { ...own, defaultScopes: ['b'] };
    expect(
      defineServer({ name: 'h', version: '1', ...fixed })
        .mount(small)
        .defaultScopes(),
    ).toEqual(['b']);
  });

  it('can be called something else: then nothing but the new names counts', async () => {
    expect([...mapped().catalogue()]).toEqual([
      ['n:read', { description: 'Read your notes', implies: [] }],
      ['n:write', { description: 'Write your notes', implies: ['n:read'] }],
    ]);
    const { ask } = asking(mapped());
    const who = modern('tools/call', { name: 'n_who' });
    expect(await ask(who, ada)).toMatchObject({ status: 403, body: { scope: 'n:read' } });
    const { body } = await ask(who, { principal: user('ada', 'n:write', 'write') });
    expect(textOf(body.result)).toBe('read write');
    const { body: lesser } = await ask(who, { principal: user('ada', 'n:read', 'write') });
    expect(textOf(lesser.result)).toBe('read');
    const byRule = hub().mount('n', notes(), { scopes: (scope) => `n:${scope}` });
    expect(byRule.catalogue()).toEqual(mapped().catalogue());
  });

  it('stay apart from those of the same name above, whoever holds which', async () => {
    const above = defineServer({ name: 'hub', version: '1', scopes: { read: 'Read the hub' } })
      .tool('own', { description: 'O', scopes: ['read'] }, () => 'own')
      .mount('n', notes(), { scopes: { read: 'n:read', write: 'n:write' } });
    const { ask } = asking(above);
    for (const [held, name, status] of [
      ['read', 'own', 200],
      ['read', 'n_who', 403],
      ['n:read', 'n_who', 200],
      ['n:read', 'own', 403],
    ] as const) {
      const answer = await ask(modern('tools/call', { name }), { principal: user('ada', held) });
      expect([held, name, answer.status]).toEqual([held, name, status]);
    }
  });

  it('may be shared where they mean the same, or where the server above says what they mean', () => {
    const other = (words: string | undefined) =>
      defineServer({ name: 'other', version: '1', scopes: words === undefined ? {} : { read: words } }).tool(
        'other',
        { description: 'O', scopes: ['read'] },
        () => '',
      );
    const words = (server: ServerDefinition) => server.catalogue().get('read')?.description;
    expect(words(hub().mount('n', notes()).mount(other('Read your notes')))).toBe('Read your notes');
    expect(words(hub().mount(other(undefined)).mount('n', notes()))).toBe('Read your notes');
    expect(words(hub().mount('a', other(undefined)).mount('b', other(undefined)))).toBe('Use “read” of Hub');
    expect(() => hub().mount('n', notes()).mount(other('Read your mail')).catalogue()).toThrow(
      'The scope "read" is “Read your notes” in Notes and “Read your mail” in other: give one of them another name',
    );
    const said = defineServer({ name: 'h', version: '1', scopes: { read: 'Read everything' } });
    expect(words(said.mount('n', notes()).mount(other('Read your mail')))).toBe('Read everything');
  });

  it('open nothing above that has the same name: what includes a scope is for those to say whose words it has', async () => {
    const plug = (scopes: NonNullable<Parameters<typeof defineServer>[0]['scopes']>) =>
      defineServer({ name: 'plug', version: '1', scopes }).tool(
        'p',
        { description: 'P', scopes: ['plugin'] },
        () => 'p',
      );
    const plugin = { description: 'Use the plugin', implies: ['admin', 'theirs'] };
    const other = defineServer({ name: 'other', version: '1', scopes: { theirs: 'Use the other' } }).tool(
      'o',
      { description: 'O', scopes: ['theirs'] },
      () => 'o',
    );
    const above = (...servers: ServerDefinition[]) =>
      servers.reduce(
        (server, each) => server.mount(each),
        defineServer({
          name: 'hub',
          version: '1',
          scopes: { admin: 'Everything', root: { description: 'R', implies: ['plugin'] } },
        }).tool('wipe', { description: 'W', scopes: ['admin'] }, () => 'wiped'),
      );
    for (const scopes of [{ plugin, admin: 'Plugin admin' }, { plugin }]) {
      const server = above(plug(scopes), other);
      expect(server.catalogue().get('plugin')?.implies).toEqual([]);
      const { ask } = asking(server);
      const caller = { principal: user('ada', 'root') };
      expect(await ask(modern('tools/call', { name: 'wipe' }), caller)).toMatchObject({ status: 403 });
      expect(await ask(modern('tools/call', { name: 'o' }), caller)).toMatchObject({ status: 403 });
      expect((await ask(modern('tools/call', { name: 'p' }), caller)).status).toBe(200);
    }
    const same = { plugin, admin: 'Everything', theirs: 'Use the other' };
    expect(above(plug(same), other).catalogue().get('plugin')?.implies).toEqual(['admin', 'theirs']);
  });

  it('cannot be mapped to nothing, to what is no scope, or where there is none', () => {
    const mount = (scopes: Record<string, string>) => () => hub().mount('n', notes(), { scopes }).catalogue();
    expect(mount({ red: 'n:read' })).toThrow('has no scope "red" to map');
    expect(mount({ read: '' })).toThrow('the scope "read" is mapped to "", which is not a scope token');
    expect(mount({ read: 'two words' })).toThrow('not a scope token');
    expect(mount({ read: 'write' })).toThrow('The scope "write" is “Read your notes”');
  });
});

describe('a handler of a mounted server that uses other items', () => {
  it('finds its own, and needs their scopes by the names outside', async () => {
    const child = notes().tool('peek', { description: 'P', scopes: [] }, async (_, { read, prompt }) => [
      (await read('notes://index')).contents[0],
      (await prompt('sum_up')).messages.length,
    ]);
    const mid = defineServer({ name: 'mid', version: '1' }).mount('n', child, { scopes: (scope) => `n:${scope}` });
    const { ask } = asking(hub().mount('m', mid, { scopes: (scope) => `m:${scope}` }));
    const peek = modern('tools/call', { name: 'm_n_peek' });
    for (const held of ['read', 'n:read', 'm:read']) {
      const refused = await ask(peek, { principal: user('ada', held) });
      expect(refused).toMatchObject({ status: 403, body: { scope: 'm:n:read' } });
    }
    const { body } = await ask(peek, { principal: user('ada', 'm:n:read') });
    expect(JSON.parse(body.result.content[0].text)).toMatchObject([{ uri: 'notes://index', text: 'index' }, 1]);
  });
});

describe('middleware', () => {
  it('of a mounted server stands around its items there too, and that of the outer one around both', async () => {
    const seen: string[] = [];
    const noting = (who: string): Middleware => ({
      callTool: (operation, next) => {
        seen.push(`${who} ${operation.server.name} ${operation.name}`);
        return next();
      },
      readResource: (operation, next) => {
        seen.push(`${who} ${operation.server.name} ${operation.name}`);
        return next();
      },
    });
    const child = notes().use(noting('inner'));
    const { result } = asking(
      hub()
        .mount('n', child)
        .use(noting('outer'))
        .tool('own', { description: 'O', scopes: [] }, () => ''),
    );
    await result('tools/call', { name: 'n_who' });
    await result('tools/call', { name: 'own' });
    await result('resources/read', { uri: 'notes://n/7' });
    expect(seen).toEqual([
      'outer hub n_who',
      'inner notes who',
      'outer hub own',
      'outer hub notes://n/7',
      'inner notes notes://7',
    ]);
  });
});
