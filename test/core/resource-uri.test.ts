import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalResource } from '../../src/core/resource-uri.ts';

describe('canonicalResource', () => {
  it.each([
    ['https://rs.test/a/mcp', 'https://rs.test/a/mcp'],
    ['HTTPS://RS.Test/a/mcp', 'https://rs.test/a/mcp'],
    ['https://rs.test:443/a/mcp', 'https://rs.test/a/mcp'],
    ['http://rs.test:80/a/mcp', 'http://rs.test/a/mcp'],
    ['https://rs.test:8443/a/mcp', 'https://rs.test:8443/a/mcp'],
    ['https://rs.test:80/a', 'https://rs.test:80/a'],
    ['http://localhost:3000/notes/mcp', 'http://localhost:3000/notes/mcp'],
    ['http://[::1]:3000/a', 'http://[::1]:3000/a'],
    ['https://rs.test/', 'https://rs.test'],
    ['https://rs.test', 'https://rs.test'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalResource(text)).toBe(canonical);
  });

  it('keeps a path as it is: case, trailing slash, double slash and escapes make another resource', () => {
    for (const path of ['/A/MCP', '/a/mcp/', '/a//mcp', '/a/%6dcp', '/a;x', '/a,b']) {
      expect(canonicalResource(`https://rs.test${path}`)).toBe(`https://rs.test${path}`);
    }
  });

  it.each([
    ['nothing', ''],
    ['a relative path', '/a/mcp'],
    ['another scheme', 'ftp://rs.test/a'],
    ['a script', 'javascript:alert(1)'],
    ['a query', 'https://rs.test/a?x'],
    ['an empty query', 'https://rs.test/a?'],
    ['a fragment', 'https://rs.test/a#f'],
    ['user info', 'https://user@rs.test/a'],
    ['dot segments', 'https://rs.test/a/../b'],
    ['a dot segment at the end', 'https://rs.test/a/.'],
    ['escaped dots', 'https://rs.test/a/%2e%2e/b'],
    ['an escaped slash', 'https://rs.test/a%2Fb'],
    ['a backslash', 'https://rs.test\\a'],
    ['an escaped backslash', 'https://rs.test/a%5cb'],
    ['a space', 'https://rs.test/a b'],
    ['a newline at the end', 'https://rs.test/a\n'],
    ['a tab within', 'https://rs.\ttest/a'],
    ['a control character after the host', 'https://rs.test\u0001'],
    ['a control character in front', '\u0001https://rs.test'],
    ['one slash', 'https:/rs.test/a'],
    ['three slashes', 'https:///rs.test/a'],
    ['a host in letters of another script', 'https://\u212aelvin.test/a'],
    ['a path in letters of another script', 'https://rs.test/\u00e9'],
    ['a number as host', 'https://0x7f.1/a'],
    ['a port with a zero in front', 'https://rs.test:0443/a'],
    ['an empty port', 'https://rs.test:/a'],
    ['a port beyond the range', 'https://rs.test:99999/a'],
    ['an escaped host', 'https://rs%74.test/a'],
  ])('refuses %s', (_, text) => {
    expect(canonicalResource(text)).toBeUndefined();
    expect(canonicalResource('https://rs.test/a')).toBe('https://rs.test/a');
  });

  it('changes nothing the second time, and is what URL itself reads', () => {
    const url = fc.oneof(
      fc.webUrl({ validSchemes: ['http', 'https'] }),
      fc.tuple(fc.constantFrom('https://rs.test', 'HTTP://Rs.TEST:80'), fc.string()).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(url, (text) => {
        const canonical = canonicalResource(text);
        if (canonical === undefined) return;
        expect(canonicalResource(canonical)).toBe(canonical);
        expect(new URL(canonical).href).toBe(new URL(text).href);
        expect(canonical.toLowerCase()).toBe(
          text
            .toLowerCase()
            .replace(/^(http:\/\/[^/]*):80(?=\/|$)/, '$1')
            .replace(/^(https?:\/\/[^/]*)\/$/, '$1'),
        );
      }),
    );
  });

  it('keeps two paths apart that differ at all', () => {
    const path = fc
      .stringMatching(/^(\/[a-zA-Z0-9._~-]{1,6}){1,3}\/?$/)
      .filter((text) => !/\/\.{1,2}(\/|$)/.test(text));
    fc.assert(
      fc.property(path, path, (first, second) => {
        const same = canonicalResource(`https://rs.test${first}`) === canonicalResource(`https://rs.test${second}`);
        expect(same).toBe(first === second);
      }),
    );
  });
});
