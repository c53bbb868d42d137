/** Characters that nobody sees, or that turn the order of those around them. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu;

/**
 * Text of a definition as text of a page, on one line: nothing in it is read as Markdown, HTML, a link or a mention, in a table
 * neither. What is invisible is left out.
 */
export const textOf = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(INVISIBLE, '')
    .trim()
    .replace(/[\\`*_{}[\]<>()#|~&$!]/g, '\\$&')
    .replace(/^(?=[-+=])/, '\\')
    .replace(/^(\d+)(?=[.)](?: |$))/, '$1\\')
    .replace(/:(?=\/\/)|(?<=www)\.|@/gi, entityOf);

/** A name as code. One that has more than plain characters is written as HTML, which holds in tables, too; what is invisible is seen. */
export const codeOf = (text: string): string =>
  /^[\w:/.{}?*,=+#@%-]+$/.test(text)
    ? `\`${text}\``
    : `<code>${text.replace(INVISIBLE, (character) => `\\u{${codeHex(character)}}`).replace(/[^\w ]/gu, entityOf)}</code>`;

/** JSON in which what is invisible is escaped: it says the same. */
export const jsonOf = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replace(INVISIBLE, (character) =>
    character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

const entityOf = (character: string): string => `&#${character.codePointAt(0)};`;
const codeHex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);

/** A table (GitHub's form); nothing for one without rows. Cells are Markdown already. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}
