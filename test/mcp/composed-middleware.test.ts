import { describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import type { Middleware } from '../../src/mcp/middleware/middleware.ts';
import { legacy, modern, serving, user } from './callers.ts';

/** A server on another one, each within middleware that tells what it sees. */
function composed() {
  const told: string[] = [];
  const telling = (who: string): Middleware => ({
    async request({ kind, name, server, context }, next) {
      const scopes = [...context.principal.scopes].sort();
      told.push(`${who}: ${kind} ${name} of ${server.name} with ${scopes}`);
      return next();
    },
    async message({ method }, next) {
      told.push(`${who}: message ${method}`);
      await next();
    },
  });
  const inner = defineServer({ name: 'inner', version: '1' })
    .use(telling('inner'))
    .tool('add', { description: 'A', scopes: ['write'] }, () => 'added')
    .tool('copy', { description: 'C', scopes: ['write'] }, async (_, { read }) => (await read('note://7')).contents)
    .resource('note://{id}', { scopes: ['read'], complete: { id: () => ['1'] } }, ({ id }) => `note ${id}`)
    .prompt('ask', { description: 'P', scopes: [] }, () => 'what');
  const outer = defineServer({ name: 'outer', version: '1' })
    .use(telling('outer'))
    .mount('in', inner, { scopes: { read: 'in:read', write: 'in:write' } })
    .tool('own', { description: 'O', scopes: [] }, () => 'own');
  return { told, ...serving(outer) };
}

const alice = user('alice', 'in:read', 'in:write');

describe('middleware of servers that are mounted on others', () => {
  it('stands around their items within that of the other, each with its own names and scopes', async () => {
    const { ask, told } = composed();
    const outer = 'with in:read,in:write';
    const inner = 'with read,write';
    const cases: [string, object, string[]][] = [
      [
        'tools/call',
        { name: 'in_add' },
        [`outer: callTool in_add of outer ${outer}`, `inner: callTool add of inner ${inner}`],
      ],
      [
        'resources/read',
        { uri: 'note://in/7' },
        [`outer: readResource note://in/7 of outer ${outer}`, `inner: readResource note://7 of inner ${inner}`],
      ],
      [
        'prompts/get',
        { name: 'in_ask' },
        [`outer: getPrompt in_ask of outer ${outer}`, `inner: getPrompt ask of inner ${inner}`],
      ],
      [
        'completion/complete',
        { ref: { type: 'ref/resource', uri: 'note://in/{id}' }, argument: { name: 'id', value: '' } },
        [`outer: complete note://in/{id} of outer ${outer}`, `inner: complete note://{id} of inner ${inner}`],
      ],
      ['tools/call', { name: 'own' }, [`outer: callTool own of outer ${outer}`]],
      ['tools/list', {}, [`outer: listTools undefined of outer ${outer}`]],
    ];
    for (const era of [modern, legacy]) {
      for (const [method, params, expected] of cases) {
        const { body } = await ask(era(method, { ...params }), { principal: alice });
        expect(body.result).toBeDefined();
        expect(told.splice(0)).toEqual([`outer: message ${method}`, ...expected]);
      }
    }
  });

  it('stands around what their handlers read, which needs the scopes that the outer server calls by its own names', async () => {
    const { ask, told } = composed();
    const copy = modern('tools/call', { name: 'in_copy' });
    const refused = await ask(copy, { principal: user('alice', 'in:write', 'read') });
    expect([refused.status, refused.body.scope]).toEqual([403, 'in:write in:read']);
    told.splice(0);
    expect((await ask(copy, { principal: alice })).body.result.structuredContent).toMatchObject([{ text: 'note 7' }]);
    expect(told.at(-1)).toBe('inner: readResource note://7 of inner with read,write');
  });
});
