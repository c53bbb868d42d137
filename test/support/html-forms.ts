/** One control of a form that a browser could send. */
export interface Control {
  readonly kind: string;
  readonly name: string;
  readonly value: string;
  readonly checked: boolean;
}

/** A form as it stands in a page. */
export interface Form {
  /** Absolute. */
  readonly action: URL;
  readonly method: 'GET' | 'POST';
  readonly controls: readonly Control[];
}

const SUBMITS = new Set(['submit', 'image']);

/** Every form of a page, in order, with its controls in order. Reads plain HTML; runs no script. */
export function readForms(html: string, page: URL): readonly Form[] {
  return [...shownPart(html).matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head = '', body = '']) => {
    const { action = '', method = 'get' } = attributes(head);
    return {
      action: new URL(action || page.href, page),
      method: method.toLowerCase() === 'post' ? 'POST' : 'GET',
      controls: [...body.matchAll(/<(input|button)\b([^>]*)>/gi)].flatMap(([, tag = '', text = '']) =>
        control(tag, text),
      ),
    };
  });
}

/** The buttons that send the form, in order. */
export const submitButtons = (form: Form): readonly Control[] => form.controls.filter(({ kind }) => SUBMITS.has(kind));

/** The words of a page, for a failure to quote. */
export const pageText = (html: string): string =>
  decode(shownPart(html).replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();

const shownPart = (html: string): string =>
  html.replaceAll(/<!--[\s\S]*?-->/g, '').replaceAll(/<(script|style|template|head)\b[\s\S]*?<\/\1>/gi, '');

function control(tag: string, text: string): readonly Control[] {
  const found = attributes(text);
  if ('disabled' in found) return [];
  const kind = (found.type ?? (tag.toLowerCase() === 'button' ? 'submit' : 'text')).toLowerCase();
  const fallback = kind === 'checkbox' ? 'on' : '';
  return [{ kind, name: found.name ?? '', value: found.value ?? fallback, checked: 'checked' in found }];
}

function attributes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', double, single, bare] of text.matchAll(
    /([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
  )) {
    found[name.toLowerCase()] = decode(double ?? single ?? bare ?? '');
  }
  return found;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decode(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name = '') => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return decimal ? String.fromCodePoint(Number(decimal)) : (NAMED[name] ?? whole);
  });
}
