import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namespace } from '../../src/mcp/composition/namespace.ts';

const prefixes = fc.constantFrom('a', 'b', 'a_b', 'A', 'a-b', '0', 'x'.repeat(32));
const uris = fc
  .tuple(
    fc.constantFrom('notes', 'file', 'urn', 'x+y.z-1', 'N'),
    fc.constantFrom(':', '://', ':/', ':///', '://a/', ':a/', ':////'),
    fc.stringMatching(/^[ab/{}*?.%0-9]{0,6}$/),
  )
  .map((parts) => parts.join(''));

describe('the namespace of a mounted server', () => {
  it('puts the prefix first in names, and behind the scheme of URIs and templates', () => {
    const { name, uri, innerUri } = namespace('a');
    expect(name('add')).toBe('a_add');
    for (const [inner, outer] of [
      ['notes://x', 'notes://a/x'],
      ['notes://{id}', 'notes://a/{id}'],
      ['file:///etc/x', 'file://a//etc/x'],
      ['urn:isbn:1', 'urn:a/isbn:1'],
      ['x:/y', 'x:a//y'],
    ] as const) {
      expect(uri(inner)).toBe(outer);
      expect(innerUri(outer)).toBe(inner);
    }
  });

  it('can be undone, and gives no two URIs one name', () => {
    fc.assert(
      fc.property(prefixes, uris, (prefix, inner) => {
        const { uri, innerUri } = namespace(prefix);
        expect(innerUri(uri(inner))).toBe(inner);
      }),
    );
    fc.assert(
      fc.property(prefixes, uris, (prefix, outer) => {
        const { uri, innerUri } = namespace(prefix);
        const inner = innerUri(outer);
        if (inner !== undefined) expect(uri(inner)).toBe(outer);
      }),
    );
  });

  it('holds nothing of another prefix, of none, or of a spelling that no URI is given', () => {
    const { innerUri } = namespace('a');
    for (const outer of [
      'notes://x',
      'notes://ab/x',
      'notes://a',
      'notes:///a/x',
      'notes://A/x',
      'x:a///y',
      'a/x',
      '',
    ]) {
      expect(innerUri(outer)).toBeUndefined();
    }
  });

  it('leaves everything as it is without a prefix', () => {
    const { name, uri, innerUri } = namespace(undefined);
    expect([name('add'), uri('notes://x'), innerUri('notes://x')]).toEqual(['add', 'notes://x', 'notes://x']);
  });

  it('refuses a prefix that cannot stand in names and URIs', () => {
    for (const wrong of ['', 'a/b', '..', 'a.b', 'ä', ' a', '_a', '-a', 'a{b}', 'x'.repeat(33)]) {
      expect(() => namespace(wrong)).toThrow(TypeError);
    }
    expect(namespace('x'.repeat(32)).name('y')).toHaveLength(34);
  });
});
