import { accessBlock, accessOf } from './access.ts';
import type { DescribedItem, ServerDescription } from './description.ts';
import type { DescribedField } from './fields.ts';
import { codeOf, tableOf, textOf } from './markdown.ts';

const NOT_TOLD = 'not told';

/** The page about these servers, in Markdown. It ends with what `readAccess` reads, where all of that is known. */
export function pageOf(servers: readonly ServerDescription[]): string {
  const access = accessOf(servers);
  const lines = [
    '# MCP servers',
    '',
    ...servers.flatMap(serverLines),
    ...(access === undefined ? [] : ['## For comparison', '', ...accessBlock(access)]),
  ];
  return lines.join('\n');
}

function serverLines(server: ServerDescription): readonly string[] {
  const { title, version, url, instructions, items } = server;
  const place = [version === undefined ? '' : `Version ${textOf(version)}`, url === undefined ? '' : codeOf(url)];
  const kinds = { Tools: ['tool'], Prompts: ['prompt'], Resources: ['resource', 'template'] };
  return [
    `## ${textOf(title)}`,
    '',
    ...paragraph(place.filter((part) => part !== '').join(', at ')),
    ...paragraph(textOf(instructions ?? '')),
    ...accessLines(server),
    ...Object.entries(kinds).flatMap(([heading, names]) => {
      const some = items.filter(({ kind }) => names.includes(kind));
      return some.length === 0 ? [] : [`### ${heading}`, '', ...some.flatMap(itemLines)];
    }),
  ];
}

/** Who may use what, and what people are told when they consent to it. */
function accessLines({ scopes, firstSignIn, items, uris }: ServerDescription): readonly string[] {
  const wordsOf = (scope: string): string => textOf(scopes.get(scope)?.words ?? NOT_TOLD);
  const needsOf = (needed: readonly string[] | undefined): readonly string[] => [
    needed === undefined ? NOT_TOLD : needed.map(codeOf).join(', ') || 'none: every caller who has signed in',
    needed === undefined ? NOT_TOLD : needed.map(wordsOf).join('; '),
  ];
  const rows = items.map(({ kind, name, scopes: needed }) => [codeOf(name), kind, ...needsOf(needed)]);
  const some = uris.map(({ template, uris: named, scopes: needed }) => [
    codeOf(named),
    `URIs of ${codeOf(template)}`,
    ...(needed === 'hidden' ? ['hidden: nobody reads them', ''] : needsOf(needed)),
  ]);
  const catalogue = [...scopes].map(([scope, { implies }]) => [
    codeOf(scope),
    wordsOf(scope),
    implies === undefined ? NOT_TOLD : implies.map(codeOf).join(', '),
    firstSignIn === undefined ? NOT_TOLD : firstSignIn.includes(scope) ? 'yes' : '',
  ]);
  return [
    '### Who may use what',
    '',
    ...tableOf(['item', 'kind', 'scopes', 'what people consent to'], [...rows, ...some]),
    ...tableOf(['scope', 'what people consent to', 'includes', 'asked for at the first sign-in'], catalogue),
  ];
}

function itemLines({ name, title, description, scopes, input, output, facts }: DescribedItem): readonly string[] {
  const needs =
    scopes === undefined ? [] : [scopes.length === 0 ? 'needs no scope' : `needs ${scopes.map(codeOf).join(', ')}`];
  const said = [...(title === undefined ? [] : [`**${textOf(title)}**`]), ...needs, ...facts.map(textOf)];
  return [
    `#### ${codeOf(name)}`,
    '',
    ...paragraph(said.join(' · ')),
    ...paragraph(textOf(description ?? '')),
    ...tableOf(['argument', 'type', 'required', ''], input.map(fieldCells)),
    ...tableOf(['result', 'type', 'required', ''], output.map(fieldCells)),
  ];
}

const fieldCells = ({ name, type, required, description }: DescribedField): readonly string[] => [
  codeOf(name),
  textOf(type),
  required ? 'yes' : '',
  textOf(description),
];

const paragraph = (text: string): readonly string[] => (text === '' ? [] : [text, '']);
