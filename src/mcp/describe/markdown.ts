/** Text of a definition as text of a page, on one line: nothing in it is read as Markdown or HTML, in a table neither. */
export const textOf = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>()#|~&$!]/g, '\\$&')
    .replace(/^(?=[-+=])/, '\\')
    .replace(/^(\d+)(?=[.)](?: |$))/, '$1\\');

/** A name as code. One that has more than plain characters is written as HTML, which holds in tables, too. */
export const codeOf = (text: string): string =>
  /^[\w:/.{}?*,=+#@%-]+$/.test(text)
    ? `\`${text}\``
    : `<code>${[...text].map((character) => (/[\w ]/.test(character) ? character : `&#${character.codePointAt(0)};`)).join('')}</code>`;

/** A table (GitHub's form); nothing for one without rows. Cells are Markdown already. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}
