import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InsufficientScope } from '../../src/core/errors.ts';
import { decide, permitted } from '../../src/gate/decide.ts';

const scopes = new Map([
  ['notes:read', { description: 'Read your notes', implies: [] }],
  ['notes:write', { description: 'Write notes', implies: ['notes:read'] }],
  ['notes:admin', { description: 'Do everything', implies: ['notes:write'] }],
  ['export', { description: 'Export', implies: [] }],
]);
const resource = { scopes };
const holding = (...held: string[]) => ({ scopes: new Set(held) });

function needed(held: string[], required: string[]): readonly string[] | 'passes' {
  try {
    decide(holding(...held), required, resource);
    return 'passes';
  } catch (error) {
    if (error instanceof InsufficientScope) return error.scopes;
    throw error;
  }
}

describe('decide', () => {
  it('MC-01 names every scope the call needs, held ones included, in declared order', () => {
    expect(needed(['export'], ['export', 'notes:write'])).toEqual(['notes:write', 'export']);
    expect(needed([], ['z:new', 'export', 'a:new', 'notes:read', 'export'])).toEqual([
      'notes:read',
      'export',
      'a:new',
      'z:new',
    ]);
    expect(needed(['export', 'notes:write'], ['export', 'notes:write'])).toBe('passes');
  });

  it('MC-02 honours the hierarchy over several steps, downwards only', () => {
    expect(needed(['notes:admin'], ['notes:read'])).toBe('passes');
    expect(needed(['notes:read'], ['notes:admin'])).toEqual(['notes:admin']);
  });

  it('MC-02 never asks for a set that the caller holds already', () => {
    const names = fc.subarray([...scopes.keys(), 'other']);
    fc.assert(
      fc.property(names, names, (held, required) => {
        const answer = needed(held, required);
        if (answer === 'passes') return;
        expect(new Set(answer)).toEqual(new Set(required));
        expect(answer.some((scope) => !held.includes(scope))).toBe(true);
        // Stepping up by what was asked for is enough.
        expect(needed([...held, ...answer], required)).toBe('passes');
      }),
    );
  });

  it.each([
    [['tools:readonly'], ['tools:read']],
    [['admin'], ['administrator']],
    [['administrator'], ['admin']],
    [['NOTES:READ'], ['notes:read']],
    [['notes'], ['notes:read']],
  ])('JW-25 takes scopes by their exact name: %j is not %j', (held, required) => {
    expect(needed(held, required)).toEqual(required);
    expect(needed(required, required)).toBe('passes');
  });

  it.each(['*', 'all', 'notes:*', '.*', 'notes:read|.*'])('JW-26 gives the scope %j no wider meaning', (scope) => {
    expect(needed([scope], ['notes:read'])).toEqual(['notes:read']);
  });

  it('lets any caller pass where nothing is required', () => {
    expect(needed([], [])).toBe('passes');
  });

  it('agrees with permitted on every case', () => {
    const names = fc.subarray([...scopes.keys(), 'other']);
    fc.assert(
      fc.property(names, names, (held, required) => {
        expect(permitted(holding(...held), required, resource)).toBe(needed(held, required) === 'passes');
      }),
    );
  });
});
