import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandScopes, isScopeToken, missingScopes, parseScope, type ScopeCatalogue } from '../../src/core/scope.ts';

const token = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,20}$/);
const names = ['a', 'b', 'c', 'd', 'e'];
const some = fc.subarray(names);

/** Any catalogue over five scopes, cycles and scopes that are not declared included. */
const catalogue: fc.Arbitrary<ScopeCatalogue> = fc
  .dictionary(fc.constantFrom(...names), some)
  .map(
    (implied) => new Map(Object.entries(implied).map(([scope, implies]) => [scope, { description: scope, implies }])),
  );

describe('isScopeToken', () => {
  it.each(['', ' ', 'a b', 'a"b', 'a\\b', 'a\tb', 'a\nb', 'é', '\u007f', 'x'.repeat(129)])('refuses %j', (text) => {
    expect(isScopeToken(text)).toBe(false);
  });

  it.each(['notes:read', 'https://rs.test/scope', '!', '~', '*', 'a,b', 'x'.repeat(128)])('takes %j', (text) => {
    expect(isScopeToken(text)).toBe(true);
  });
});

describe('parseScope', () => {
  it('reads words with one space between them, each once, in order', () => {
    expect(parseScope('b a b')).toEqual(['b', 'a']);
    expect(parseScope('')).toEqual([]);
  });

  it.each([' ', ' a', 'a ', 'a  b', 'a\tb', 'a\nb', 'a "b"', 'a\u00a0b', 'a\u0000'])('refuses %j', (text) => {
    expect(parseScope(text)).toBeUndefined();
  });

  it('reads back what was joined', () => {
    fc.assert(
      fc.property(fc.uniqueArray(token), (scopes) => {
        expect(parseScope(scopes.join(' '))).toEqual(scopes);
      }),
    );
  });

  it('gives scope-tokens only, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const scopes = parseScope(text);
        if (scopes === undefined) return;
        expect(scopes.every(isScopeToken)).toBe(true);
        expect(new Set(scopes)).toEqual(new Set(text === '' ? [] : text.split(' ')));
      }),
    );
  });

  it('DS-06 reads 1 MB in linear time', () => {
    const start = performance.now();
    expect(parseScope('a'.repeat(1_000_000))).toBeUndefined();
    expect(parseScope(' '.repeat(1_000_000))).toBeUndefined();
    expect(parseScope(`${'a '.repeat(500_000)}a`)).toEqual(['a']);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('expandScopes', () => {
  it('follows the hierarchy over several steps', () => {
    const known: ScopeCatalogue = new Map([
      ['admin', { description: 'Admin', implies: ['write'] }],
      ['write', { description: 'Write', implies: ['read'] }],
      ['read', { description: 'Read', implies: [] }],
    ]);
    expect(expandScopes(['admin'], known)).toEqual(new Set(['admin', 'write', 'read']));
    expect(expandScopes(['read', 'unknown'], known)).toEqual(new Set(['read', 'unknown']));
  });

  it('includes what was granted, is closed under the hierarchy, and ends on cycles', () => {
    fc.assert(
      fc.property(some, catalogue, (granted, known) => {
        const reached = expandScopes(granted, known);
        for (const scope of granted) expect(reached).toContain(scope);
        for (const scope of reached)
          for (const implied of known.get(scope)?.implies ?? []) expect(reached).toContain(implied);
        expect(expandScopes(reached, known)).toEqual(reached);
      }),
    );
  });

  it('reaches nothing but what was granted or is implied by something reached', () => {
    fc.assert(
      fc.property(some, catalogue, (granted, known) => {
        const reached = expandScopes(granted, known);
        for (const scope of reached) {
          const implied = [...reached].some((other) => other !== scope && known.get(other)?.implies.includes(scope));
          expect(granted.includes(scope) || implied).toBe(true);
        }
      }),
    );
  });

  it('grows with the grant', () => {
    fc.assert(
      fc.property(some, some, catalogue, (first, second, known) => {
        const both = expandScopes([...first, ...second], known);
        expect(new Set([...expandScopes(first, known), ...expandScopes(second, known)])).toEqual(both);
      }),
    );
  });
});

describe('missingScopes', () => {
  it('names the required scopes that are not reached, in order, by exact name', () => {
    const none: ScopeCatalogue = new Map();
    expect(missingScopes(['z', 'read', 'a'], ['read'], none)).toEqual(['z', 'a']);
    expect(missingScopes(['read'], ['readonly', 'READ', '*', 'rea'], none)).toEqual(['read']);
  });

  it('is empty exactly where everything required is reached', () => {
    fc.assert(
      fc.property(some, some, catalogue, (required, granted, known) => {
        const missing = missingScopes(required, granted, known);
        expect(missingScopes(required, [...granted, ...missing], known)).toEqual([]);
        const reached = expandScopes(granted, known);
        expect(missing).toEqual(required.filter((scope) => !reached.has(scope)));
      }),
    );
  });
});
