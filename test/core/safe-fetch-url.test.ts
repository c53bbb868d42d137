import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainUrl } from '../../src/core/plain-url.ts';
import { checkFetchableUrl } from '../../src/core/safe-fetch.ts';
import { quickest } from '../support/quickest.ts';

describe('checkFetchableUrl', () => {
  it.each(['https://c.test/client.json', 'https://c.test', 'https://a.b.c.test/x?y=1', 'https://xn--bcher-kva.test/x'])(
    'CI-01 takes %s',
    (url) => {
      expect(checkFetchableUrl(url, {})).toBeUndefined();
    },
  );

  it.each([
    ['http://c.test/x', 'The URL is not https.'],
    ['ftp://c.test/x', 'The URL is not https.'],
    ['https://c.test/x#y', 'The URL has a fragment.'],
    ['https://c.test/x#', 'The URL has a fragment.'],
    ['https://u@c.test/x', 'The URL has user info.'],
    ['https://u:p@c.test/x', 'The URL has user info.'],
    ['https://@c.test/x', 'The URL has user info.'],
    ['https://c.test/a/./x', 'The URL has a dot segment.'],
    ['https://c.test/a/../x', 'The URL has a dot segment.'],
    ['https://c.test/a/%2e%2E/x', 'The URL has a dot segment.'],
    ['https://c.test/a/%252e%252e/x', 'The URL has a dot segment.'],
    ['https://c.test/a/..;/x', 'The URL has a dot segment.'],
    ['https://c.test/a%2f..%2fx', 'The URL has a dot segment.'],
    ['https://c.test\\x', 'The URL holds a backslash.'],
    ['https://c.test/\u0001x', 'The URL holds a space, a control or a non-ASCII character.'],
    ['https://c.test/ x', 'The URL holds a space, a control or a non-ASCII character.'],
    ['https://с.test/x', 'The URL holds a space, a control or a non-ASCII character.'],
    [`https://c.test/${'x'.repeat(2048)}`, 'The URL is longer than 2048 characters.'],
    ['https://c;script-src/x', 'The URL names a host that no host name can be.'],
    ['https://c,d.test/x', 'The URL names a host that no host name can be.'],
    ["https://c'd.test/x", 'The URL names a host that no host name can be.'],
    ['https://C.test/x', 'The URL is not in its canonical form (https://c.test/x).'],
    ['https://c.test:443/x', 'The URL is not in its canonical form (https://c.test/x).'],
    ['https://127.1/x', 'The URL is not in its canonical form (https://127.0.0.1/x).'],
    ['https://2130706433/x', 'The URL is not in its canonical form (https://127.0.0.1/x).'],
    ['https://0x7f.1/x', 'The URL is not in its canonical form (https://127.0.0.1/x).'],
    ['https://0177.0.0.1/x', 'The URL is not in its canonical form (https://127.0.0.1/x).'],
    ['https://127.0.0.1/x', 'The URL names an IP address where a host name is needed.'],
    ['https://8.8.8.8/x', 'The URL names an IP address where a host name is needed.'],
    ['https://[::1]/x', 'The URL names an IP address where a host name is needed.'],
    ['https://localhost/x', 'The URL names a host of a local network.'],
    ['https://a.localhost/x', 'The URL names a host of a local network.'],
    ['https://intranet/x', 'The URL names a host of a local network.'],
    ['https://printer.local/x', 'The URL names a host of a local network.'],
    ['https://metadata.google.internal/x', 'The URL names a host of a local network.'],
    ['https://router.home.arpa/x', 'The URL names a host of a local network.'],
    ['https://c.test./x', 'The URL names a host with a dot at its end.'],
    ['https://c.test:8443/x', 'The URL names a port other than 443.'],
    ['nonsense', 'The URL is not an absolute URL.'],
    ['', 'The URL holds a space, a control or a non-ASCII character.'],
  ])('CI-01 refuses %j', (url, words) => {
    expect(checkFetchableUrl(url, {})).toBe(words);
  });

  it('CI-18 refuses our own host on every port and lets others through', () => {
    const rules = { denyHosts: ['mcp.example.com', 'other.example.com:8443'] };
    for (const url of ['https://mcp.example.com/authorize?x=1', 'https://other.example.com/notes/mcp']) {
      expect(checkFetchableUrl(url, rules)).toBe('The URL leads back to this server.');
    }
    expect(checkFetchableUrl('https://example.com/client.json', rules)).toBeUndefined();
  });

  it('lets loopback hosts through on any port in development only, and never our own port', () => {
    const rules = { allowLoopback: true, denyHosts: ['localhost:3000'] };
    for (const url of ['https://localhost:4443/client.json', 'https://127.0.0.1:4443/x', 'https://[::1]:1/x']) {
      expect(checkFetchableUrl(url, rules)).toBeUndefined();
      expect(checkFetchableUrl(url, {})).toBeDefined();
    }
    expect(checkFetchableUrl('https://localhost:3000/authorize', rules)).toBe('The URL leads back to this server.');
    expect(checkFetchableUrl('http://localhost:4443/client.json', rules)).toBe('The URL is not https.');
    expect(checkFetchableUrl('https://intranet/x', rules)).toBe('The URL names a host of a local network.');
  });
});

describe('readPlainUrl', () => {
  it('takes only texts that a URL parser gives back unchanged but for the root slash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()), (text) => {
        const plain = readPlainUrl(text);
        if ('url' in plain) expect([text, `${text}/`, text.replace('?', '/?')]).toContain(plain.url.href);
      }),
    );
  });

  it('DS-06 answers at once on 100 KB of anything', () => {
    for (const unit of ['%25', '/..', '%2e', 'a', '//', '@']) {
      const text = `https://c.test/${unit.repeat(100_000 / unit.length)}`;
      expect(quickest(() => readPlainUrl(text))).toBeLessThan(50);
    }
  });
});
