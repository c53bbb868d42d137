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
    const started = performance.now();
    for (const piece of ['a', '/', '%41', '%', 'a/', '{', '../']) {
      deep.match(`a://${piece.repeat(50_000 / piece.length)}`);
      note.match(`notes://${piece.repeat(50_000 / piece.length)}`);
    }
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('refuses what it cannot match in linear time', () => {
    for (const text of [
      'a://{a}{b}',
      'a://{/a*}',
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
    expect(() => parseUriTemplate('a://{b}/{b}')).toThrow('a://{b}/{b} uses a variable twice.');
  });
});
