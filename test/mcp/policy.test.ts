import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldUri } from '../../src/mcp/folded-uri.ts';
import { globOf } from '../../src/mcp/glob.ts';
import { createPolicy, type PolicyItem, type PolicyOptions, type PolicyRule } from '../../src/mcp/policy.ts';

const tool = (name: string, more: Partial<PolicyItem> = {}): PolicyItem => ({ kind: 'tool', name, ...more });
const policy = (...rules: PolicyRule[]) => createPolicy({ rules }, 'CRM');

describe('a scope policy', () => {
  it('has no place for an item that no rule names, whatever it says of itself', () => {
    const { scopesOf } = policy({ name: 'get_*', kind: 'tool', scopes: ['crm:read'] });
    expect(scopesOf(tool('get_person'))).toEqual(['crm:read']);
    expect(scopesOf(tool('forget_person'))).toBeUndefined();
    expect(scopesOf({ kind: 'prompt', name: 'get_person' })).toBeUndefined();
    expect(scopesOf(tool('other', { tags: new Set(['get_x']), annotations: { readOnlyHint: true } }))).toBeUndefined();
    expect(policy().scopesOf(tool('get_person'))).toBeUndefined();
  });

  it('lets the first rule that fits decide: by name, tag, annotation and kind, all that a rule names at once', () => {
    const { scopesOf } = policy(
      { name: ['drop_*', 'wipe'], hidden: true },
      { tag: 'billing', scopes: ['crm:billing'] },
      { kind: ['tool', 'prompt'], annotations: { readOnlyHint: true, destructiveHint: false }, scopes: ['crm:read'] },
      { kind: 'tool', name: '*', scopes: ['crm:write'] },
      { kind: 'resource', name: 'crm://public/*', scopes: [] },
    );
    const reads = { readOnlyHint: true, destructiveHint: false };
    expect(scopesOf(tool('drop_all', { tags: new Set(['billing']) }))).toBeUndefined();
    expect(scopesOf(tool('wipe'))).toBeUndefined();
    expect(scopesOf(tool('pay', { tags: new Set(['x', 'billing']), annotations: reads }))).toEqual(['crm:billing']);
    expect(scopesOf(tool('look', { annotations: reads }))).toEqual(['crm:read']);
    expect(scopesOf(tool('look', { annotations: { readOnlyHint: true } }))).toEqual(['crm:write']);
    expect(scopesOf({ kind: 'resource', name: 'crm://public/a/b' })).toEqual([]);
    expect(scopesOf({ kind: 'resource', name: 'crm://private' })).toBeUndefined();
  });

  it('knows all scopes and their words before anything was asked of it', () => {
    const { catalogue, defaultScopes } = createPolicy(
      {
        scopes: { 'crm:write': { description: 'Change the CRM', implies: ['crm:read'] } },
        defaultScopes: ['crm:read'],
        rules: [{ name: 'x', scopes: ['crm:write', 'crm:audit'] }],
      },
      'CRM',
    );
    expect(Object.fromEntries(catalogue())).toEqual({
      'crm:write': { description: 'Change the CRM', implies: ['crm:read'] },
      'crm:read': { description: 'Use “crm:read” of CRM', implies: [] },
      'crm:audit': { description: 'Use “crm:audit” of CRM', implies: [] },
    });
    expect(defaultScopes()).toEqual(['crm:read']);
    expect(policy({ name: 'x', scopes: ['a'] }).defaultScopes()).toEqual(['a']);
  });

  it('tells which rules have fit nothing', () => {
    const { scopesOf, unused } = policy(
      { name: 'a', scopes: [] },
      { name: 'b', hidden: true },
      { tag: 'c', scopes: [] },
    );
    expect(unused()).toHaveLength(3);
    scopesOf(tool('a'));
    scopesOf(tool('b'));
    expect(unused()).toEqual(['Rule 3 of CRM ({"tag":"c"})']);
  });

  it('hides a URI, or adds to what it needs, also where a template of a later rule leads to it', () => {
    const template: PolicyItem = { kind: 'template', name: 'crm://{id}' };
    const { scopesOfUri } = policy(
      { name: 'crm://secret*', hidden: true },
      { kind: 'resource', name: 'crm://audit-*', scopes: ['crm:audit'] },
      { kind: 'tool', name: 'crm://*', scopes: ['tools-only'] },
      { tag: 'x', scopes: ['tagged-only'] },
      { kind: 'template', name: 'crm://{id}', scopes: ['crm:read'] },
      { name: '*', scopes: ['crm:admin'] },
    );
    for (const secret of ['crm://secret', 'crm://%73ecret', 'crm://SECRETS', 'CRM://secr%65t-1']) {
      expect(scopesOfUri(template, foldUri(secret))).toBeUndefined();
    }
    expect(scopesOfUri(template, foldUri('crm://audit-7'))).toEqual(['crm:read', 'crm:audit']);
    expect(scopesOfUri(template, foldUri('crm://7'))).toEqual(['crm:read']);
    expect(policy({ name: 'crm://7', scopes: [] }).scopesOfUri(template, foldUri('crm://7'))).toBeUndefined();
  });

  it('is about a URI in whatever spelling, of its own and of the pattern', () => {
    const template: PolicyItem = { kind: 'template', name: 'crm://{id}{?b,a}' };
    const hidden = (name: string, uri: string) =>
      policy({ name, hidden: true }, { name: '*', scopes: [] }).scopesOfUri(template, foldUri(uri)) === undefined;
    for (const [name, uri] of [
      ['crm://boss@corp.com', 'crm://boss%40corp.com'],
      ['crm://boss%40corp.com', 'crm://BOSS@corp.com'],
      ['crm://a&b', 'crm://a%26b'],
      ['crm://100%', 'crm://100%25'],
      ['crm://caf\u00e9*', 'crm://CAF%C3%89-1'],
      ['crm://\u0391\u03a3*', 'crm://%CE%B1%CF%83%CE%B1'],
      ['crm://%ff', 'crm://%fe'],
      ['crm://x?a=1&b=2', 'crm://x?b=2&a=%31'],
      ['crm://x?a=1', 'crm://x?b=&a=1&'],
      ['crm://x', 'crm://x?a='],
      ['crm://x?*', 'crm://x?a='],
      ['crm://x?a=p/q', 'crm://x?a=p%2Fq'],
    ] as const) {
      expect([name, uri, hidden(name, uri)]).toEqual([name, uri, true]);
    }
    for (const [name, uri] of [
      ['crm://boss@corp.com', 'crm://boss%2540corp.com'],
      ['crm://x?*', 'crm://x'],
      ['crm://x?a=1', 'crm://x%3Fa=1'],
      ['crm://x?a=1&b=2', 'crm://x?a=1%26b=2'],
      ['crm://%2A', 'crm://7'],
    ] as const) {
      expect([name, uri, hidden(name, uri)]).toEqual([name, uri, false]);
    }
  });

  it('is about a listed resource also as its server spells it, which opens nothing', () => {
    const { scopesOf, hides } = policy(
      { name: 'crm://boss@corp.com', hidden: true },
      { name: 'crm://open', scopes: [] },
      { name: 'crm://*', scopes: ['crm:read'] },
    );
    const listed = (name: string): PolicyItem => ({ kind: 'resource', name });
    expect(scopesOf(listed('crm://boss%40corp.com'))).toBeUndefined();
    expect(hides(listed('crm://boss%40corp.com'))).toBe(true);
    expect(scopesOf(listed('crm://open'))).toEqual([]);
    expect(scopesOf(listed('crm://OPEN'))).toEqual(['crm:read']);
    expect(hides(listed('crm://OPEN'))).toBe(false);
  });

  it('is refused at definition where a rule cannot work, with its place and what to write', () => {
    const faulty = (rules: unknown) => () => createPolicy({ rules } as PolicyOptions, 'CRM');
    expect(faulty(undefined)).toThrow('The policy of CRM needs rules: [...].');
    expect(faulty([{ name: 'x', scopes: [] }, { name: 'a' }])).toThrow(
      'Rule 2 of CRM ({"name":"a"}) needs scopes. Write "scopes: []" to let every authenticated caller use it.',
    );
    expect(faulty([{ scopes: [] }])).toThrow('write name: "*" for everything');
    expect(faulty([{ names: 'a', scopes: [] }])).toThrow('has "names", which no rule has');
    expect(faulty([{ name: [], scopes: [] }])).toThrow('name must be a text, or a list of texts');
    expect(faulty([{ name: 'a', kind: 'tools', scopes: [] }])).toThrow('kind must be one of tool, prompt');
    expect(faulty([{ name: 'a', scopes: ['no spaces'] }])).toThrow('is not a scope token');
    expect(faulty([{ name: 'a', hidden: true, scopes: [] }])).toThrow('is hidden: it needs no scopes');
  });

  it('answers as a table read from the top does, for any rules and items', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'ba', 'a*', '*b', '*');
    const kind = fc.constantFrom('tool' as const, 'prompt' as const);
    const anyRule = fc.record(
      { name: word, kind, scopes: fc.subarray(['s', 't']) },
      { requiredKeys: ['name', 'scopes'] },
    );
    const anyItem = fc.record({ name: fc.constantFrom('a', 'b', 'ab', 'abb'), kind });
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 5 }), anyItem, (rules, item) => {
        const fits = (pattern: string) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(item.name);
        const expected = rules.find((rule) => fits(rule.name) && (rule.kind === undefined || rule.kind === item.kind));
        expect(policy(...rules).scopesOf(item)).toEqual(expected?.scopes);
      }),
    );
  });
});

describe('a pattern', () => {
  it('fits exactly what the same regular expression fits', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
        expect(globOf(pattern)(text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 500 },
    );
  });

  it('takes time that grows with the text alone', () => {
    expect(globOf(`${'a*'.repeat(50)}b`)('a'.repeat(100_000))).toBe(false);
  });
});
