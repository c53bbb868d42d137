import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorizationResponse, responseParameters } from '../../src/authorization/authorization-response.ts';
import { effectiveScope } from '../../src/authorization/authorize-request.ts';
import { assertionFault } from '../../src/authorization/client-assertion.ts';
import { hashClientSecret, matchesClientSecret } from '../../src/authorization/client-secret.ts';
import { readForm, writeForm } from '../../src/authorization/form.ts';
import { describable } from '../../src/authorization/json-endpoint.ts';
import { BARE_ACCESS, machineScopes } from '../../src/authorization/resource-servers.ts';
import { resourcesAt } from './support/world.ts';

const [notes, math, bare] = resourcesAt('https://mcp.example');
if (notes === undefined || math === undefined || bare === undefined) throw new Error('three mounts were expected');
const text = fc.string({ unit: 'grapheme' }).filter((value) => value !== '' && value.isWellFormed());
const scopeName = fc.constantFrom('notes:read', 'notes:write', 'notes:admin', 'math:use', 'no:such', 'offline_access');

describe('forms', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 }), (pairs) => {
        const form = readForm(writeForm(pairs));
        expect([...(form?.values ?? [])]).toEqual(pairs);
        expect([form?.repeated.size, form?.empty.size, form?.malformed.size]).toEqual([0, 0, 0]);
      }),
    );
  });

  it('PP-03 are decoded once, strictly, and never throw', () => {
    fc.assert(fc.property(fc.string(), (query) => void readForm(query)));
    expect(readForm('a=%2541')?.values.get('a')).toBe('%41');
    expect(readForm('a=%ff')?.malformed).toEqual(new Set(['a']));
    expect(readForm('a=1;b=2')?.values.get('a')).toBe('1;b=2');
    expect(readForm('a=&b=+x')).toMatchObject({ empty: new Set(['a']), values: new Map([['b', ' x']]) });
    expect(readForm('%ff=1')).toBeUndefined();
  });
});

describe('an authorization response', () => {
  it('keeps the redirect URI byte for byte and carries each parameter exactly', () => {
    const uri = fc.constantFrom(
      'https://c.test/cb',
      'https://c.test/cb?a=%20b',
      'http://127.0.0.1:1?x',
      'app.x:/cb',
      'https://c.test/?a&',
    );
    fc.assert(
      fc.property(uri, text, text, (redirectUri, code, state) => {
        const location = authorizationResponse(redirectUri, { code, state, iss: 'https://mcp.example' });
        expect(location.startsWith(redirectUri)).toBe(true);
        expect(location).toMatch(/^[\x21-\x7e]+$/);
        expect(responseParameters(location)).toEqual({ code, state, iss: 'https://mcp.example' });
      }),
    );
  });
});

describe('scopes', () => {
  it('are those that were asked for and exist, or the defaults, or bare access, and never none', () => {
    fc.assert(
      fc.property(fc.array(scopeName), (asked) => {
        const known = [...new Set(asked)].filter((scope) => notes.scopes.has(scope));
        const meant = asked.some((scope) => scope !== 'offline_access');
        const run = () => effectiveScope([...new Set(asked)].join(' '), notes);
        if (meant && known.length === 0) expect(run).toThrow('invalid_scope');
        else expect(run()).toEqual(known.length > 0 ? known : ['notes:read']);
      }),
    );
    expect(effectiveScope('', bare)).toEqual([BARE_ACCESS]);
    expect(effectiveScope(BARE_ACCESS, math)).toEqual([BARE_ACCESS]);
    expect(effectiveScope(BARE_ACCESS, notes)).toEqual(['notes:read']);
  });

  it('of a machine stay within what it was registered for, hierarchy followed', () => {
    expect(machineScopes('notes:read', notes, ['notes:admin'])).toEqual(['notes:read']);
    expect(machineScopes('', notes, ['notes:write', 'math:use'])).toEqual(['notes:read']);
    expect(machineScopes('', bare, [])).toEqual([]);
    expect(() => machineScopes('', notes, ['math:use'])).toThrow('invalid_scope');
    expect(() => machineScopes('notes:admin', notes, ['notes:write'])).toThrow('invalid_scope');
    expect(() => machineScopes('math:use', notes, ['math:use'])).toThrow('invalid_scope');
  });
});

describe('a client secret', () => {
  it('is known by its hash, and the hash is no secret', () => {
    fc.assert(
      fc.property(fc.base64String({ minLength: 1 }), fc.base64String({ minLength: 1 }), (secret, other) => {
        const kept = hashClientSecret(secret);
        expect(matchesClientSecret(kept, secret)).toBe(true);
        expect(matchesClientSecret(kept, other)).toBe(secret === other);
        expect(matchesClientSecret(kept, kept)).toBe(false);
        expect(hashClientSecret(kept)).toBe(kept);
      }),
    );
    expect(matchesClientSecret(undefined, '')).toBe(false);
  });
});

describe('a client assertion', () => {
  const expected = { issuer: 'https://mcp.example', now: 1000, skew: 30 };
  const good = { aud: 'https://mcp.example', iss: 'm', sub: 'm', jti: 'j', exp: 1060 };

  it('is good in its plain form, up to five minutes ahead and half a minute early', () => {
    expect(assertionFault(good, {}, expected)).toBeUndefined();
    for (const claims of [{ exp: 1330 }, { nbf: 1030 }, { iat: 1030 }]) {
      expect(assertionFault({ ...good, ...claims }, { typ: 'JWT' }, expected)).toBeUndefined();
    }
  });

  it('is refused with any one thing wrong', () => {
    const wrong = [
      { exp: 1331 },
      { nbf: 1031 },
      { iat: 1031 },
      { iat: '1' },
      { jti: 1 },
      { sub: 'x' },
      { aud: [good.aud] },
    ];
    for (const claims of wrong)
      expect(assertionFault({ ...good, ...claims }, {}, expected)).toEqual(expect.any(String));
    for (const header of [{ typ: 'at+jwt' }, { typ: 1 }, { crit: ['x'] }]) {
      expect(assertionFault(good, header, expected)).toEqual(expect.any(String));
    }
  });
});

describe('a description', () => {
  it('TK-19 holds only what RFC 6749 allows, whatever it is made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (words) => {
        expect(describable(words)).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{0,300}$/);
      }),
    );
  });
});
