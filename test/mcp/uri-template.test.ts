import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUriTemplate } from '../../src/mcp/uri-template.ts';

const note = parseUriTemplate('notes://{id}');

describe('parseUriTemplate', () => {
  it('fills each variable from one path segment, decoded once', () => {
    expect(note.match('notes://42')).toEqual({ id: '42' });
    expect(note.match('notes://caf%C3%A9%20au%20lait')).toEqual({ id: 'café au lait' });
    expect(note.match('notes://50%2525')).toEqual({ id: '50%25' });
    expect(parseUriTemplate('repo://{owner}/issues/{n}.json').match('repo://ada/issues/7.json')).toEqual({
      owner: 'ada',
      n: '7',
    });
    expect(parseUriTemplate('urn:note:{id}').match('urn:note:7')).toEqual({ id: '7' });
  });

  it('MC-15 gives a handler no traversal, separator, control character or second layer of encoding', () => {
    const refused = [
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '..%2f',
      'a%2fb',
      'a%2Fb',
      'a%5cb',
      'a\\b',
      '%00',
      'a%00',
      'a\u0000',
      'a%0a',
      '%252e%252e',
      '%252f',
      '%25%32%66',
      'a/b',
      '/etc/passwd',
      '',
      'a?b',
      'a#b',
      'user@host',
      'a b',
      '%',
      '%zz',
      '%ff',
      'é',
      '\ud800',
      '{id}',
    ];
    for (const value of refused) expect([value, note.match(`notes://${value}`)]).toEqual([value, undefined]);
    for (const uri of ['NOTES://1', 'notes:1', 'notes:/1', 'other://1', ' notes://1', 'notes://1/']) {
      expect([uri, note.match(uri)]).toEqual([uri, undefined]);
    }
  });

  it('fills a variable with a star from several segments, which stay below where they start', () => {
    const files = parseUriTemplate('files://{root}/{path*}/meta');
    expect(files.match('files://r/a/meta')).toEqual({ root: 'r', path: 'a' });
    expect(files.match('files://r/a/b%20c/meta/meta')).toEqual({ root: 'r', path: 'a/b c/meta' });
    for (const uri of ['files://r/meta', 'files://r//meta', 'files://r/a', 'files://a/meta', 'files:///a/meta']) {
      expect([uri, files.match(uri)]).toEqual([uri, undefined]);
    }
    const docs = parseUriTemplate('docs://{path*}');
    const out = [
      '../a',
      'a/..',
      'a/../b',
      'a/%2e%2e/b',
      'a/./b',
      '/etc/passwd',
      'a//b',
      'a/',
      'a%2fb',
      'a/%2Fb',
      'a/%252e%252e',
    ];
    for (const path of [...out, 'a\\b', 'a/%5c', 'a/%00', 'a?b', 'a#b', 'C%3A%5Cx', '']) {
      expect([path, docs.match(`docs://${path}`)]).toEqual([path, undefined]);
    }
  });

  it('takes members of the query by name, in any order; what it does not have is another resource', () => {
    const list = parseUriTemplate('notes://{owner}/list{?tag,by}');
    expect(list.match('notes://ada/list')).toEqual({ owner: 'ada' });
    expect(list.match('notes://ada/list?by=date')).toEqual({ owner: 'ada', by: 'date' });
    expect(list.match('notes://ada/list?by=&tag=a%2Fb%26c')).toEqual({ owner: 'ada', tag: 'a/b&c', by: '' });
    const other = [
      '?',
      '?tag',
      '?more=1',
      '?tag=1&tag=2',
      '?tag=1&',
      '?tag=a b',
      '?tag=a+b',
      '?=1',
      '?tag=a/b',
      '?tag=%ff',
    ];
    for (const query of [
      ...other,
      '?tag=..',
      '?tag=%2e%2e%2fx',
      '?tag=x%2f..',
      '?tag=%2fetc',
      '?tag=%00',
      '?tag=%5c',
      '?tag=%252e',
    ]) {
      expect([query, list.match(`notes://ada/list${query}`)]).toEqual([query, undefined]);
    }
    expect(parseUriTemplate('a:{b}').match('a:c?d=e')).toBeUndefined();
    expect(parseUriTemplate('a:b{?__proto}').match('a:b?__proto=1')).toEqual({ __proto: '1' });
  });

  it('gives back any value that simple expansion has put in', () => {
    const expand = (value: string) =>
      encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        const safe = !/[/\\\p{Cc}]|%(2e|2f|5c|[01][0-9a-f]|7f)/iu.test(value) && value !== '.' && value !== '..';
        expect(note.match(`notes://${expand(value)}`)).toEqual(safe ? { id: value } : undefined);
      }),
    );
  });

  it('never throws and never lets a separator through, whatever the URI', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
        const id = note.match(`notes://${text}`)?.id ?? 'none';
        expect(id).not.toMatch(/[/\\\u0000-\u001f]|^\.\.?$/);
      }),
    );
  });

  it('MC-16 answers 50 KB of anything in no time', () => {
    const deep = parseUriTemplate('a://{a}/{b}/{c}/{d}');
    const star = parseUriTemplate('a://{a*}/{b}{?c}');
    const started = performance.now();
    for (const piece of ['a', '/', '%41', '%', 'a/', '{', '../', 'c=1&', '&']) {
      deep.match(`a://${piece.repeat(50_000 / piece.length)}`);
      star.match(`a://${piece.repeat(50_000 / piece.length)}`);
      star.match(`a://a/b?${piece.repeat(50_000 / piece.length)}`);
      star.match(`a://a/b?c=${piece.repeat(50_000 / piece.length)}`);
      note.match(`notes://${piece.repeat(50_000 / piece.length)}`);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('refuses what it cannot match in linear time', () => {
    for (const text of [
      'a://{a}{b}',
      'a://{/a*}',
      'a://{a*}{b}',
      'a://x{a*}',
      'a://{a*}/{b*}',
      'a://{?b}/c',
      'a://{?b}{?c}',
      'a://{b}{&c}',
      'a://{?}',
      'a://{?b,}',
      'a://{?tags*}',
      'a://{+path}',
      'a://{a',
      'a://a}',
      'a://{}',
      'a://{__proto__}',
    ]) {
      expect(() => parseUriTemplate(text)).toThrow(`${text} is not supported`);
    }
    expect(() => parseUriTemplate('{a}://b')).toThrow('{a}://b must start with a scheme');
    for (const text of ['a://{b}/{b}', 'a://{b}/{b*}', 'a://{b}{?b}', 'a://c{?b,b}']) {
      expect(() => parseUriTemplate(text)).toThrow(`${text} uses a variable twice.`);
    }
  });
});
