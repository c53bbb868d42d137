import { describe, expect, test } from 'vitest';
import { admission, admissionFault, admits, asksFor } from '../../src/gate/admission.ts';
import type { Identity } from '../../src/gate/upstream-provider.ts';

const ada: Identity = {
  subject: '583231',
  username: 'octo-ada',
  email: 'ada@Example.com',
  memberships: { org: ['Acme'] },
  claims: {},
};
const read = admission('org', 'team');

describe('who may come in', () => {
  test.each(['anyone', 'org:acme', 'id:583231', 'domain:example.com', 'org:other, email:Ada@example.com'])(
    '%s lets ada in',
    (words) => expect(admits(read(words), ada)).toBe(true),
  );

  test.each(['', 'org:acm', 'team:acme', 'id:58323', 'domain:ample.com', 'domain:com', 'email:ada@other.example'])(
    '"%s" does not',
    (words) => expect(admits(read(words), ada)).toBe(false),
  );

  test('an address that is not known to be verified opens nothing', () => {
    const { email: _none, ...unverified } = ada;
    expect(admits(read('domain:example.com, email:ada@example.com'), unverified)).toBe(false);
    expect(admits(read('domain:example.com'), ada)).toBe(true);
  });

  test('what only looks like the domain, or the address, opens nothing', () => {
    const withEmail = (email: string) => ({ ...ada, email });
    expect(admits(read('domain:example.com'), withEmail('example.com'))).toBe(false);
    expect(admits(read('domain:example.com'), withEmail('example.com@other.example'))).toBe(false);
    expect(admits(read('email:kate@example.com'), withEmail('\u212aate@example.com'))).toBe(false);
    expect(admits(read('email:kate@example.com'), withEmail('Kate@Example.com'))).toBe(true);
  });

  test('a kind that the provider does not have cannot be named, not even one that every object has', () => {
    expect(() => read('guild:1')).toThrow('must be anyone, or a list of org:<…>, team:<…>, id:<…>');
    expect(() => read('constructor:x')).toThrow();
    expect(() => read('anyone, org:acme')).toThrow('it has "anyone"');
    expect(() => read('org:')).toThrow();
    expect(() => read('orgs:acme,org:acme,login:ada')).toThrow(/; it has "orgs:acme", "login:ada"$/);
  });

  test('production wants to be told; anyone is an answer', () => {
    expect(admissionFault('X_ALLOW', read(''), true)[0]).toMatch(/^X_ALLOW must say who may come in/);
    expect(admissionFault('X_ALLOW', read(''), false)).toEqual([]);
    expect(admissionFault('X_ALLOW', read('anyone'), true)).toEqual([]);
  });

  test('only what rules look at is asked of the provider', () => {
    expect(asksFor(read('org:acme'), 'org', 'team')).toBe(true);
    expect(asksFor(read('org:acme'), 'team')).toBe(false);
    expect(asksFor(read('anyone'), 'org')).toBe(false);
  });
});
