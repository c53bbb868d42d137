import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBranding } from '../../../src/authorization/pages/branding.ts';
import {
  type Color,
  contrast,
  inkOn,
  readableOn,
  readColor,
  writeColor,
} from '../../../src/authorization/pages/color.ts';
import { stylesheet } from '../../../src/authorization/pages/stylesheet.ts';

const color = fc.tuple(
  ...([0, 1, 2].map(() => fc.integer({ min: 0, max: 255 })) as [
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
  ]),
);
const white: Color = [255, 255, 255];
const darkCard: Color = [0x17, 0x1b, 0x21];

describe('colours', () => {
  it('are read and written alike', () => {
    expect(readColor('#1a5fb4')).toEqual([0x1a, 0x5f, 0xb4]);
    expect(readColor('#FA0')).toEqual([0xff, 0xaa, 0]);
    for (const text of ['red', '#12', '#1234', '#12345g', 'rgb(1,2,3)', '#fff;}'])
      expect(readColor(text)).toBeUndefined();
    fc.assert(
      fc.property(color, (given) => {
        expect(readColor(writeColor(given))).toEqual(given);
      }),
    );
  });

  it('have the contrast that WCAG gives them', () => {
    expect(contrast([0, 0, 0], white)).toBeCloseTo(21, 5);
    expect(contrast([0x76, 0x76, 0x76], white)).toBeCloseTo(4.54, 2);
  });

  it('of a label can be read on any accent', () => {
    fc.assert(
      fc.property(color, (accent) => {
        expect(contrast(inkOn(accent), accent)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('of links and buttons stand out from the card in light and dark, whatever the accent', () => {
    fc.assert(
      fc.property(color, fc.constantFrom(white, darkCard), fc.constantFrom(3, 4.5), (accent, card, ratio) => {
        expect(contrast(readableOn(accent, card, ratio), card)).toBeGreaterThanOrEqual(ratio);
      }),
    );
  });

  it('that can be read already are left as they are', () => {
    expect(readableOn([0x1a, 0x5f, 0xb4], white, 4.5)).toEqual([0x1a, 0x5f, 0xb4]);
  });

  it('of text pass AA in both schemes', () => {
    const rules = stylesheet(undefined);
    for (const scheme of [rules.slice(0, rules.indexOf('@media')), rules.slice(rules.indexOf('@media'))]) {
      const named = (name: string): Color =>
        readColor(new RegExp(`--${name}:(#[\\da-f]+)`).exec(scheme)?.[1] ?? '') ?? [0, 0, 0];
      const pairs = [
        ['text', 'card'],
        ['quiet', 'card'],
        ['quiet', 'page'],
        ['quiet', 'soft'],
        ['link', 'card'],
        ['on-fill', 'fill'],
        ['warn-text', 'warn-back'],
        ['bad-text', 'bad-back'],
        ['good-text', 'good-back'],
      ] as const;
      for (const [ink, back] of pairs) {
        expect(contrast(named(ink), named(back)), `${ink} on ${back}`).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(named('edge'), named('card')), 'the edge of a field').toBeGreaterThanOrEqual(3);
    }
  });
});

describe('branding', () => {
  it.each([
    { name: 'Gatehouse' },
    { name: 'Notes & Co', logo: '/static/logo.svg', accent: '#0a7' },
    { name: 'N', logo: 'data:image/png;base64,iVBORw0KGgo=' },
  ])('takes %o', (branding) => {
    expect(() => checkBranding(branding)).not.toThrow();
  });

  it.each([
    ['BRAND_NAME', { name: '' }],
    ['BRAND_NAME', { name: 'a\nb' }],
    ['BRAND_LOGO', { name: 'N', logo: 'https://cdn.example/logo.png' }],
    ['BRAND_LOGO', { name: 'N', logo: '//cdn.example/logo.png' }],
    ['BRAND_LOGO', { name: 'N', logo: 'javascript:alert(1)' }],
    ['BRAND_LOGO', { name: 'N', logo: 'data:text/html,<script>' }],
    ['BRAND_ACCENT', { name: 'N', accent: 'red' }],
  ])('names %s as the fault', (variable, branding) => {
    expect(() => checkBranding(branding)).toThrow(variable);
  });
});
