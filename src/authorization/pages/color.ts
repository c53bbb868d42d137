/** Red, green and blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** Reads `#rgb` or `#rrggbb`; undefined for anything else. */
export function readColor(text: string): Color | undefined {
  const digits = /^#(?:([\da-f]{3})|([\da-f]{6}))$/i.exec(text);
  const long = digits?.[2] ?? digits?.[1]?.replace(/./g, '$&$&');
  if (long === undefined) return undefined;
  return [
    Number.parseInt(long.slice(0, 2), 16),
    Number.parseInt(long.slice(2, 4), 16),
    Number.parseInt(long.slice(4), 16),
  ];
}

/** `#rrggbb`. */
export const writeColor = (color: Color): string =>
  `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** Contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio"). Text needs 4.5, the edge of a control 3. */
export function contrast(left: Color, right: Color): number {
  const [light, dark] = [luminance(left), luminance(right)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever reads better on `background`. One of them always has a contrast of at least 4.5. */
export const inkOn = (background: Color): Color =>
  contrast(WHITE, background) >= contrast(BLACK, background) ? WHITE : BLACK;

/** `color`, moved towards black or white just as far as it takes to have a contrast of `ratio` (at most 4.5) on `background`. */
export function readableOn(color: Color, background: Color, ratio: number): Color {
  const ink = inkOn(background);
  for (let step = 0; step <= 20; step += 1) {
    const mixed = mix(color, ink, step / 20);
    if (contrast(mixed, background) >= ratio) return mixed;
  }
  return ink;
}

/** Rounded, so that what is measured is what is written. */
const mix = (from: Color, to: Color, share: number): Color => [
  Math.round(from[0] + (to[0] - from[0]) * share),
  Math.round(from[1] + (to[1] - from[1]) * share),
  Math.round(from[2] + (to[2] - from[2]) * share),
];
