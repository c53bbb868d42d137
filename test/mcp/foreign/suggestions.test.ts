import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import type { PolicyRule } from '../../../src/mcp/policy.ts';
import { legacy, serving, user } from '../callers.ts';
import { PARTS } from './served.ts';

/** A server with these templates, that suggests `values` for every variable. What no rule names is open to all. */
async function far(templates: string[], values: string[], rules: PolicyRule[]): Promise<Mountable> {
  const server = new McpServer({ name: 'far', version: '1' });
  for (const text of templates) {
    const names = [...text.matchAll(/[{,?](\w+)/g)].map(([, name]) => name);
    const complete = Object.fromEntries(names.map((name) => [name, () => values]));
    server.registerResource(text, new ResourceTemplate(text, { list: undefined, complete }), {}, ({ href: uri }) => ({
      contents: [{ uri, text }],
    }));
  }
  const mountable = fromSdk(server, { name: 'far', policy: { rules: [...rules, { name: '*', scopes: [] }] } });
  await mountable.start?.(PARTS);
  onTestFinished(async () => void (await mountable.close?.()));
  return mountable;
}

/** What is suggested for `name` of a template to who holds `scopes`. */
const suggesting =
  (definition: Mountable, uri: string, ...scopes: string[]) =>
  async (name: string, filled: Record<string, string> = {}): Promise<readonly string[]> => {
    const params = {
      ref: { type: 'ref/resource', uri },
      argument: { name, value: '' },
      context: { arguments: filled },
    };
    const { ask } = serving(definition);
    return (await ask(legacy('completion/complete', params), { principal: user('bob', ...scopes) })).body.result
      .completion.values;
  };

const CRM = 'crm://{tenant}/{id}';
const TENANTS = ['acme', 'secret'];
const HIDDEN: PolicyRule = { name: 'crm://secret/*', hidden: true };

describe('a suggestion for one of several variables', () => {
  it('MC-17 names nothing of which all is hidden, whatever else is filled in, also where it is mounted or included', async () => {
    const direct = await far([CRM], TENANTS, [HIDDEN]);
    for (const [definition, uri] of [
      [direct, CRM],
      [defineServer({ name: 'hub', version: '1' }).mount('a', direct), `crm://a/{tenant}/{id}`],
      [defineServer({ name: 'hub', version: '1' }).include('a', direct), `crm://a/{tenant}/{id}`],
    ] as const) {
      const suggested = suggesting(definition, uri);
      for (const filled of [{}, { id: '1' }, { id: '' }, { id: 'a/b' }, { id: '..' }, { id: '\ud800' }, { other: '1' }])
        expect([uri, filled, await suggested('tenant', filled)]).toEqual([uri, filled, ['acme']]);
      expect(await suggested('id')).toEqual(TENANTS);
      expect(await suggested('id', { tenant: 'acme' })).toEqual(TENANTS);
      expect(await suggested('id', { tenant: 'secret' })).toEqual([]);
    }
  });

  it('is there for who holds what all behind it needs', async () => {
    const direct = await far([CRM], TENANTS, [{ name: 'crm://secret/*', scopes: ['admin'] }]);
    expect(await suggesting(direct, CRM)('tenant')).toEqual(['acme']);
    expect(await suggesting(direct, CRM, 'admin')('tenant')).toEqual(TENANTS);
  });

  it('is there where something behind it is, which an earlier rule or none names', async () => {
    for (const rule of ['crm://secret/open', 'crm://*/open', 'crm://secret/o*', 'crm://*/open*'])
      expect(await suggesting(await far([CRM], TENANTS, [{ name: rule, scopes: [] }, HIDDEN]), CRM)('tenant')).toEqual(
        TENANTS,
      );
    for (const rule of ['crm://secret/1', 'crm://secret/0*', 'crm://*/z*', 'crm://secret/0', 'crm://secret*/*/*'])
      expect(await suggesting(await far([CRM], TENANTS, [{ name: rule, hidden: true }]), CRM)('tenant')).toEqual(
        TENANTS,
      );
    const scoped = await far([CRM], TENANTS, [{ name: 'crm://secret/open', scopes: ['admin'] }, HIDDEN]);
    expect(await suggesting(scoped, CRM)('tenant')).toEqual(['acme']);
    expect(await suggesting(scoped, CRM, 'admin')('tenant')).toEqual(TENANTS);
  });

  it('goes by every template that its URIs could be of', async () => {
    const direct = await far(['crm://secret/{id}', CRM], TENANTS, [{ name: 'crm://secret/{id}', hidden: true }]);
    expect(await suggesting(direct, CRM)('tenant')).toEqual(['acme']);
  });

  it('may be a folder that goes on, and leave the query out', async () => {
    const text = 'files://{disk}/{path*}{?rev}';
    const rules: PolicyRule[] = [
      { name: 'files://c/private/read-me', scopes: [] },
      { name: ['files://*/secret/*', 'files://*/private/*', 'files://*/deep/a/*'], hidden: true },
    ];
    const values = ['docs/', 'docs', 'secret/', 'secret/plans', 'private/', 'deep/a/', 'deep/', ''];
    const direct = await far([text], values, rules);
    const suggested = suggesting(direct, text);
    const kept = ['docs/', 'docs', 'private/', 'deep/', ''];
    for (const filled of [{}, { disk: 'c' }, { disk: '', rev: '/..' }])
      expect(await suggested('path', filled)).toEqual(kept);
    const others = kept.filter((value) => value !== 'private/');
    for (const filled of [{ disk: 'd' }, { disk: 'c', rev: '1' }])
      expect(await suggested('path', filled)).toEqual(others);
    expect(await suggested('rev', { disk: 'c', path: 'secret/plans' })).toEqual([]);
    expect(await suggested('rev', { disk: 'c', path: 'docs' })).toContain('docs');
  });
});
