import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownPrivateSchemes } from '../../../src/authorization/clients/private-schemes.ts';
import {
  checkRedirectUri,
  defaultRedirectUriPolicy,
  isLoopbackRedirect,
  matchesRedirectUri,
  redirectDisplay,
} from '../../../src/authorization/clients/redirect-uri.ts';
import { quickest } from '../../support/quickest.ts';

const check = (text: string): string | undefined => checkRedirectUri(text, defaultRedirectUriPolicy);

describe('checkRedirectUri', () => {
  it.each([
    'https://c.test/cb',
    'https://c.test',
    'https://c.test?x=1',
    'https://c.test:8443/cb',
    'https://c.test/cb?x=1&b=%20',
    'https://xn--bcher-kva.test/cb',
    'http://127.0.0.1:3000/cb',
    'http://127.0.0.1:33418',
    'http://127.8.9.10/cb',
    'http://[::1]/cb',
    'http://localhost:9/cb',
    'com.example.app:/cb',
    'com.example.app://auth/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'vscode://publisher.extension/callback',
  ])('RG-06 takes %s', (uri) => {
    expect(check(uri)).toBeUndefined();
  });

  it.each(['javascript', 'data', 'vbscript', 'file', 'blob', 'about', 'view-source', 'ws'])(
    'RG-01 refuses the scheme %s, also where a policy names it',
    (scheme) => {
      const words = `The redirect URI uses the scheme ${scheme}:, which is never allowed.`;
      expect(checkRedirectUri(`${scheme}:/cb`, { privateSchemes: [scheme] })).toMatch(/never allowed|canonical form/);
      expect(check(`${scheme}:alert(1)`)).toMatch(/never allowed|canonical form/);
      if (scheme !== 'file' && scheme !== 'ws') expect(check(`${scheme}:alert(1)`)).toBe(words);
    },
  );

  it.each(['JavaScript:alert(1)', '\u0001javascript:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)'])(
    'RG-01 refuses %j',
    (uri) => {
      expect(check(uri)).toMatch(/canonical form|a space, a control or a non-ASCII character/);
    },
  );

  it.each(['https://c.test/cb#x', 'https://c.test/cb#', 'com.example.app:/cb#', 'http://localhost/cb#'])(
    'RG-02 refuses the fragment of %s',
    (uri) => {
      expect(check(uri)).toBe('The redirect URI has a fragment.');
    },
  );

  it.each([
    'https://u@c.test/cb',
    'https://c.test@evil.test/',
    'https://@c.test/',
    'http://127.0.0.1@evil.test/',
    'cursor://u@h/cb',
  ])('RG-03 refuses the user info of %s', (uri) => {
    expect(check(uri)).toBe('The redirect URI has user info.');
  });

  it.each(['https://*.c.test/cb', 'https://c.test/*', 'http://127.0.0.1:*/cb', 'https://c.test/cb?x=*'])(
    'RG-04 refuses the wildcard of %s',
    (uri) => {
      expect(check(uri)).toMatch(/wildcard|not an absolute URL/);
    },
  );

  it.each([
    'http://c.test',
    'http://c.test/cb',
    'http://localhost.evil.test/cb',
    'http://127.0.0.1.nip.io/cb',
    'http://127.0.0.1.evil.test/cb',
    'http://0.0.0.0/cb',
    'http://localhost./cb',
    'http://128.0.0.1/cb',
    'http://[::ffff:7f00:1]/cb',
    'http://127.0.0.1:0/cb',
  ])('RG-05 refuses plain http in %s', (uri) => {
    expect(check(uri)).toMatch(/^The redirect URI uses plain http, which is for loopback only/);
  });

  it.each([
    'http://0x7f000001/cb',
    'http://2130706433/cb',
    'http://0177.1/cb',
    'http://127.1/cb',
    'http://127.0.0.01/cb',
    'http://[::ffff:127.0.0.1]/cb',
    'http://[0:0:0:0:0:0:0:1]/cb',
    'http://LOCALHOST/cb',
    'http://localhost:/cb',
    'http://localhost:80/cb',
  ])('RG-05 refuses the disguised loopback host of %s', (uri) => {
    expect(check(uri)).toMatch(/^The redirect URI is not in its canonical form/);
  });

  it.each(['foo:/cb', 'cursorx://h/cb', 'a..b:/cb', '.app:/cb', 'app.:/cb'])(
    'RG-07 refuses %s, whose scheme is neither named nor a reverse domain',
    (uri) => {
      expect(check(uri)).toMatch(/neither allowed by name|not an absolute URL/);
    },
  );

  it('RG-07 takes a scheme that the policy names', () => {
    expect(check('acme://desk/cb')).toMatch(/^The redirect URI uses the scheme acme:/);
    expect(checkRedirectUri('acme://desk/cb', { privateSchemes: ['acme'] })).toBeUndefined();
  });

  it.each(['cursor:', 'cursor:cb', 'cursor:/', 'cursor://', 'com.example.app:/'])(
    'refuses %s, which names nothing',
    (uri) => {
      expect(check(uri)).toBe('The redirect URI names nothing after its scheme.');
    },
  );

  it.each([
    'https://c.test/cb/../x',
    'https://c.test/cb/%2e%2e/x',
    'https://c.test/cb/.%2E/x',
    'https://c.test/cb/..;/x',
    'https://c.test/cb/..%2fx',
    'https://c.test/cb/%252e%252e/x',
    'com.example.app:/cb/../x',
    'https:c.test/cb',
    'https:///c.test',
    'https://c.test\\cb',
    'https://c.test/c\tb',
    'https://c.test/cb\n',
    'https://c.test/cb ',
    'https://с.test/cb',
    'https://c。test/cb',
    'https://C.test/cb',
    'HTTPS://c.test/cb',
    'https://c.test:443/cb',
    'https://%63.test/cb',
    '//c.test/cb',
    '/cb',
    '',
  ])('RG-08 refuses %j, which parsers read differently', (uri) => {
    expect(check(uri)).toMatch(/dot segment|canonical form|backslash|control|not an absolute URL/);
  });

  it('refuses more than 2,048 characters and takes exactly as many', () => {
    const uri = `https://c.test/${'x'.repeat(2033)}`;
    expect(uri.length).toBe(2048);
    expect(check(uri)).toBeUndefined();
    expect(check(`${uri}x`)).toBe('The redirect URI is longer than 2048 characters.');
  });

  it('CI-13 holds https redirects to the hosts that the policy allows, and others not', () => {
    const policy = { ...defaultRedirectUriPolicy, allowedHosts: ['c.test', '.d.test'] };
    for (const uri of ['https://c.test/cb', 'https://a.d.test/cb', 'http://localhost:1/cb', 'cursor://h/cb']) {
      expect(checkRedirectUri(uri, policy)).toBeUndefined();
    }
    for (const uri of [
      'https://a.c.test/cb',
      'https://d.test/cb',
      'https://evild.test/cb',
      'https://c.test.evil.test/cb',
    ]) {
      expect(checkRedirectUri(uri, policy)).toMatch(
        /^The redirect URI names the host .*, which this server does not allow\.$/,
      );
    }
  });

  it('DS-06 answers within 50 ms on 100 KB of anything', () => {
    for (const unit of ['a', '.', '/..', '%25', '%2e', '-', '@', '\u0000', 'a.']) {
      for (const start of ['https://c.test/', 'http://localhost', 'com.example.app:/', '']) {
        const uri = start + unit.repeat(100_000 / unit.length);
        const milliseconds = quickest(() => [check(uri), matchesRedirectUri(['http://localhost/cb'], uri)]);
        expect(milliseconds).toBeLessThan(50);
      }
    }
  });

  it('never takes what a browser would run', () => {
    const scheme = fc.constantFrom('javascript', 'data', 'vbscript', 'JAVASCRIPT', ' javascript', 'java\nscript');
    fc.assert(
      fc.property(scheme, fc.string(), (name, rest) => {
        expect(check(`${name}:${rest}`)).toBeDefined();
      }),
    );
  });
});

describe('matchesRedirectUri', () => {
  it('AZ-02 matches the registered text and nothing near it', () => {
    const registered = ['https://c.test/cb?x=1'];
    expect(matchesRedirectUri(registered, 'https://c.test/cb?x=1')).toBe(true);
    for (const requested of [
      'https://c.test/cb',
      'https://c.test/cb?x=1&y=2',
      'https://c.test/cb/?x=1',
      'https://c.test/CB?x=1',
      'https://c.test:444/cb?x=1',
      'http://c.test/cb?x=1',
      'https://c.test/%63b?x=1',
      'https://c.test/..;/cb?x=1',
      'https://c.test@evil.test/cb?x=1',
      'https://c.test\\cb?x=1',
      'https://c.test/cb?x=1#',
      'https://c.test/cb?x=1 ',
      '',
    ]) {
      expect(matchesRedirectUri(registered, requested)).toBe(false);
    }
  });

  it('AZ-03 lets a loopback redirect use any port', () => {
    for (const [registered, requested] of [
      ['http://127.0.0.1/cb', 'http://127.0.0.1:51234/cb'],
      ['http://127.0.0.1:33418', 'http://127.0.0.1:51234/'],
      ['http://127.0.0.1:33418/', 'http://127.0.0.1:1'],
      ['http://[::1]:1/cb', 'http://[::1]:65535/cb'],
      ['http://localhost:1/cb?x=1', 'http://localhost/cb?x=1'],
      ['http://127.4.5.6/cb', 'http://127.4.5.6:8/cb'],
    ] as const) {
      expect(matchesRedirectUri([registered], requested)).toBe(true);
    }
  });

  it.each([
    'http://localhost:51234/cb',
    'http://127.0.0.2:51234/cb',
    'http://[::1]:51234/cb',
    'https://127.0.0.1:51234/cb',
    'http://127.0.0.1:51234/other',
    'http://127.0.0.1:51234/cb/',
    'http://127.0.0.1:51234/cb?x=1',
    'http://127.0.0.1:51234/CB',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:080/cb',
    'http://u@127.0.0.1:51234/cb',
    'http://127.0.0.1:51234@evil.test/cb',
    'http://127.0.0.1:51234\\@evil.test/cb',
    'http://127.0.0.1.evil.test/cb',
    'http://127.1:51234/cb',
    'http://127.0.0.1:51234/cb#',
    'HTTP://127.0.0.1:51234/cb',
  ])('AZ-03 does not match %s with http://127.0.0.1/cb', (requested) => {
    expect(matchesRedirectUri(['http://127.0.0.1/cb'], requested)).toBe(false);
  });

  it('gives no port freedom to https or private schemes', () => {
    expect(matchesRedirectUri(['https://localhost/cb'], 'https://localhost:1/cb')).toBe(false);
    expect(matchesRedirectUri(['com.example.app://localhost/cb'], 'com.example.app://localhost:1/cb')).toBe(false);
  });

  it('never matches another scheme, host, path or query', () => {
    const host = fc.constantFrom('127.0.0.1', '127.0.0.2', '[::1]', 'localhost', 'c.test', '127.0.0.1.c.test');
    const uri = fc
      .tuple(
        fc.constantFrom('http', 'https'),
        host,
        fc.option(fc.integer({ min: 1, max: 65_535 })),
        fc.webPath(),
        fc.option(fc.webQueryParameters()),
      )
      .map(
        ([scheme, name, port, path, query]) =>
          `${scheme}://${name}${port === null ? '' : `:${port}`}${path}${query === null ? '' : `?${query}`}`,
      );
    fc.assert(
      fc.property(fc.array(uri, { minLength: 1, maxLength: 4 }), uri, (registered, requested) => {
        if (!matchesRedirectUri(registered, requested)) return;
        const asked = new URL(requested);
        const alike = registered
          .map((text) => new URL(text))
          .filter((url) => url.protocol === asked.protocol && url.hostname === asked.hostname)
          .filter((url) => url.pathname === asked.pathname && url.search === asked.search);
        expect(alike.length).toBeGreaterThan(0);
      }),
    );
  });

  it('always matches a registered loopback redirect on another port', () => {
    const host = fc.constantFrom('127.0.0.1', '127.9.9.9', '[::1]', 'localhost');
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(host, port, port, fc.webPath(), (name, one, other, path) => {
        expect(matchesRedirectUri([`http://${name}:${one}${path}`], `http://${name}:${other}${path}`)).toBe(true);
      }),
    );
  });
});

describe('isLoopbackRedirect and redirectDisplay', () => {
  it('tells loopback, web and private schemes apart', () => {
    expect(redirectDisplay('https://c.test:8443/cb')).toEqual({ kind: 'web', host: 'c.test:8443' });
    expect(redirectDisplay('http://127.0.0.1:33418/')).toEqual({ kind: 'loopback', host: '127.0.0.1:33418' });
    expect(redirectDisplay('http://[::1]/cb')).toEqual({ kind: 'loopback', host: '[::1]' });
    expect(redirectDisplay('cursor://anysphere.cursor-mcp/oauth/callback')).toEqual({
      kind: 'private-scheme',
      host: 'cursor://anysphere.cursor-mcp',
    });
    expect(redirectDisplay('com.example.app:/cb')).toEqual({ kind: 'private-scheme', host: 'com.example.app:' });
  });

  it('takes only literal loopback hosts of plain http for loopback', () => {
    expect(isLoopbackRedirect('http://localhost:1/cb')).toBe(true);
    for (const uri of ['https://localhost/cb', 'http://localhost.evil.test/cb', 'http://127.0.0.256/cb', 'localhost']) {
      expect(isLoopbackRedirect(uri)).toBe(false);
    }
  });

  it('names schemes in their canonical form', () => {
    for (const scheme of knownPrivateSchemes) expect(scheme).toMatch(/^[a-z][a-z0-9-]*$/);
  });
});
