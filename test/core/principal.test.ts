import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { principalKey } from '../../src/core/principal.ts';

describe('principalKey', () => {
  it('XM-08 keeps callers apart whose issuer and subject join to the same text', () => {
    const first = principalKey({ issuer: 'https://a', kind: 'user', subject: 'b|c' });
    const second = principalKey({ issuer: 'https://a|b', kind: 'user', subject: 'c' });
    expect(first).not.toBe(second);
  });

  it('XM-08 is one key per issuer, kind and subject, letter case included', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('a', 'A', 'a","b', '|', ':', '\\', '\ud800', '\ud801'));
    const caller = fc.record({
      issuer: text,
      kind: fc.constantFrom('user' as const, 'machine' as const, 'key' as const),
      subject: text,
    });
    fc.assert(
      fc.property(caller, caller, (one, other) => {
        const same = one.issuer === other.issuer && one.kind === other.kind && one.subject === other.subject;
        expect(principalKey(one) === principalKey(other)).toBe(same);
        expect(principalKey({ ...one })).toBe(principalKey(one));
      }),
    );
  });

  it('does not show the subject', () => {
    expect(principalKey({ issuer: 'https://as.test', kind: 'user', subject: 'alice' })).toMatch(/^[\w-]{43}$/);
  });
});
