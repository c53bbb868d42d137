import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../src/authorization/pages/html.ts';
import { shownText } from '../../../src/authorization/pages/shown-text.ts';

describe('the html template', () => {
  it('LG-01 escapes every text, in elements and in attributes', () => {
    const text = `<img src=x onerror="alert('1')">&\``;
    expect(html`<p title="${text}">${text}</p>`.toString()).toBe(
      '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;&#96;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;&#96;</p>',
    );
  });

  it('takes markup of its own, lists and numbers, and nothing for undefined and false', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${undefined}${false}${3}`.toString()).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>3');
  });

  it('lets no text open a tag or leave an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const markup = html`<p title="${text}">${text}</p>`.toString();
        expect(markup.match(/[<>]/g)).toHaveLength(4);
        expect(markup.match(/"/g)).toHaveLength(2);
      }),
    );
  });
});

describe('a text that somebody else chose', () => {
  it.each([
    ['a plain name', 'Claude', 'Claude'],
    ['a bidi override', 'Claude\u202eedualC', 'ClaudeedualC'],
    ['zero-width characters', 'Cl\u200bau\u200dde\ufeff', 'Claude'],
    ['line breaks and tabs', 'Claude\r\n\tDesktop', 'Claude Desktop'],
    ['an escape sequence', '\u001b[31mred', '[31mred'],
    ['nothing visible', ' \u200b\u2800 ', ''],
  ])('RG-17 is shown without tricks: %s', (_what, text, shown) => {
    expect(shownText(text, 60)).toBe(shown);
  });

  it('RG-17 is cut after so many characters, however long it is', () => {
    const shown = shownText('🙂'.repeat(10_000), 60);
    expect([...shown]).toHaveLength(60);
    expect(shown.endsWith('…')).toBe(true);
    expect(shown.isWellFormed()).toBe(true);
  });

  it('holds no invisible character and no more than allowed, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 80 }), (text, max) => {
        const shown = shownText(text, max);
        expect([...shown].length).toBeLessThanOrEqual(max);
        expect(shown).not.toMatch(/\p{C}/u);
      }),
    );
  });
});
