import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { math } from '../../examples/demo/math.ts';
import { notes } from '../../examples/demo/notes.ts';
import { type Caller, modern, serving, user } from './callers.ts';

const call = (name: string, given: object = {}) => modern('tools/call', { name, arguments: given });

describe('/echo', () => {
  const { ask } = serving(echo());

  it('says and reverses what it is told, to everyone', async () => {
    expect((await ask(call('echo', { text: 'abc' }))).body.result.content).toEqual([{ type: 'text', text: 'abc' }]);
    expect((await ask(call('reverse', { text: 'añ😀' }))).body.result.content).toEqual([
      { type: 'text', text: '😀ña' },
    ]);
    expect(echo().defaultScopes()).toEqual([]);
  });
});

describe('/math', () => {
  const { ask } = serving(math());
  const calculate = async (name: string, a: number, b: number) => (await ask(call(name, { a, b }))).body.result;

  it('calculates', async () => {
    expect((await calculate('add', 2, 3)).structuredContent).toEqual({ result: 5 });
    expect((await calculate('multiply', 2, 3)).structuredContent).toEqual({ result: 6 });
    expect((await calculate('divide', 6, 3)).structuredContent).toEqual({ result: 2 });
  });

  it('tells a division by zero and a result without bounds', async () => {
    expect(await calculate('divide', 6, 0)).toMatchObject({ isError: true, content: [{ text: 'Division by zero' }] });
    expect(await calculate('multiply', 1e300, 1e300)).toMatchObject({
      isError: true,
      content: [{ text: 'The result is too large.' }],
    });
  });
});

describe('/notes', () => {
  let directory: string;
  let ask: ReturnType<typeof serving>['ask'];
  let raw: ReturnType<typeof serving>['raw'];
  let endpoint: ReturnType<typeof serving>['endpoint'];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'notes-'));
    ({ ask, raw, endpoint } = serving(notes({ file: join(directory, 'notes.db') })));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const writer: Caller = { principal: user('alice', 'notes:write') };
  const reader: Caller = { principal: user('alice', 'notes:read') };
  const other: Caller = { principal: user('bob', 'notes:admin') };
  const add = async (text: string, caller = writer): Promise<string> =>
    (await ask(call('add_note', { text }), caller)).body.result.structuredContent.id;
  const list = async (caller: Caller) => (await ask(call('list_notes'), caller)).body.result.structuredContent.notes;

  it('asks for reading at first', () => {
    const definition = notes({ file: ':memory:' });
    expect(definition.defaultScopes()).toEqual(['notes:read']);
    expect([...definition.catalogue().keys()]).toEqual(['notes:read', 'notes:write', 'notes:admin']);
  });

  it('keeps notes, and takes the scope of each tool', async () => {
    expect(await ask(call('add_note', { text: 'no' }), reader)).toMatchObject({
      status: 403,
      body: { scope: 'notes:write' },
    });
    const id = await add('milk');
    expect(await list(reader)).toEqual([{ id, text: 'milk' }]);
    expect((await ask(call('read_note', { id }), reader)).body.result.content[0].text).toBe('milk');
    expect(await ask(call('delete_note', { id }), writer)).toMatchObject({
      status: 403,
      body: { scope: 'notes:admin' },
    });
    const admin = { principal: user('alice', 'notes:admin') };
    expect((await ask(call('delete_note', { id }), admin)).body.result.content[0].text).toBe('Deleted.');
    expect((await ask(call('delete_note', { id }), admin)).body.result).toMatchObject({
      isError: true,
      content: [{ text: 'You have no note with that id.' }],
    });
    expect(await list(reader)).toEqual([]);
  });

  it('tells the owner, who listens, of a new note and of a deleted one, and nobody else', async () => {
    const owner = { principal: user('carol', 'notes:admin') };
    const id = await add('first', owner);
    const notifications = { resourcesListChanged: true, resourceSubscriptions: [`notes://${id}`] };
    const listening = async (caller: Caller) => {
      const { body } = await raw(modern('subscriptions/listen', { notifications }), caller);
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      const next = async () => (await reader?.read())?.value ?? '';
      expect(await next()).toContain('notifications/subscriptions/acknowledged');
      return next;
    };
    const [mine, theirs] = [await listening(owner), await listening(other)];
    await add('second', owner);
    expect(await mine()).toContain('notifications/resources/list_changed');
    await ask(call('delete_note', { id }), owner);
    expect(await mine()).toContain('notifications/resources/list_changed');
    expect(await mine()).toContain(`"uri":"notes://${id}"`);
    await endpoint.endStreams();
    expect(await theirs()).toContain('"resultType":"complete"');
  });

  it('shows nobody the notes of somebody else', async () => {
    const id = await add('mine');
    expect(await list(other)).toEqual([]);
    for (const tool of ['read_note', 'delete_note']) {
      expect((await ask(call(tool, { id }), other)).body.result).toMatchObject({ isError: true });
    }
    const uri = `notes://${id}`;
    expect((await ask(modern('resources/read', { uri }), other)).body.error.code).toBe(-32602);
    expect((await ask(modern('resources/list'), other)).body.result.resources).toEqual([]);
    expect((await ask(modern('resources/read', { uri }), reader)).body.result.contents).toEqual([
      { uri, mimeType: 'text/plain', text: 'mine' },
    ]);
    expect((await ask(modern('resources/list'), reader)).body.result.resources).toEqual([
      {
        uri,
        name: 'mine',
        mimeType: 'text/plain',
        _meta: { securitySchemes: [{ type: 'oauth2', scopes: ['notes:read'] }] },
      },
    ]);
    expect(
      (await ask(modern('prompts/get', { name: 'summarize_notes' }), reader)).body.result.messages[0].content.text,
    ).toContain('- mine');
    const ref = { type: 'ref/resource', uri: 'notes://{id}' };
    const complete = modern('completion/complete', { ref, argument: { name: 'id', value: id.slice(0, 4) } });
    expect((await ask(complete, reader)).body.result.completion.values).toEqual([id]);
    expect((await ask(complete, other)).body.result.completion.values).toEqual([]);
    const machine = { principal: { ...user('alice', 'notes:read'), kind: 'machine' as const } };
    expect(await list(machine)).toEqual([]);
  });
});
