/**
 * Text that somebody else chose, as it may be shown: controls, line breaks, bidi overrides and invisible characters
 * taken out, white space collapsed, cut after `max` characters. Empty when nothing visible is left.
 */
export function shownText(text: string, max: number): string {
  const visible = text
    .slice(0, max * 8)
    .replace(/[\s\u2800\u3164]+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .replace(/ +/g, ' ')
    .trim();
  const characters = [...visible];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : visible;
}
