/** Markup that is safe to send: literal text of ours with every value escaped. Made by `html` only. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template: text is escaped, markup is taken as it is, `undefined` and `false` are nothing. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[];

/** A template that escapes by default: there is no way to put a text into it unescaped. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const rest = values.map((value, index) => render(value) + (literals[index + 1] ?? ''));
  return new Html((literals[0] ?? '') + rest.join(''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Escapes a text for an element or a quoted attribute. */
const escapeHtml = (text: string): string => text.replace(/[&<>"'`]/g, (mark) => ENTITIES[mark] ?? mark);

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}
