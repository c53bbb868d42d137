import type { DocumentedOperation } from './list-operations.ts';
import { entriesOf, listOf, member, textOf } from './members.ts';
import { plain } from './operation-name.ts';
import { type QueryNames, queryNames } from './query-names.ts';
import type { References } from './references.ts';
import { Unsupported } from './unsupported.ts';

/** How the values of a list or an object are written (OpenAPI 3.1 §4.8.12.2). `json`: as one JSON text. */
export type Style = 'simple' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject' | 'json';

/** One parameter that callers may give. */
export interface Parameter {
  /** Its name in the request. */
  readonly name: string;
  /** Its name among the arguments of the tool. */
  readonly argument: string;
  readonly place: 'path' | 'query' | 'header';
  readonly style: Style;
  readonly explode: boolean;
  readonly required: boolean;
  readonly description: string | undefined;
  readonly schema: unknown;
  /** What its schema says of its type. */
  readonly types: readonly string[];
  readonly members: NamedMembers;
  /** What the other parameters of the query are called there, and their members that have names of their own in it. */
  readonly others: QueryNames;
}

/** What a schema says of an object's members. */
export interface NamedMembers {
  readonly names: ReadonlySet<string>;
  /** Whether there may be others: it names none, or takes others by its own word. */
  readonly open: boolean;
}

type Described = Omit<Parameter, 'others'>;

const STYLES: Readonly<Record<Parameter['place'], readonly string[]>> = {
  path: ['simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
};

/** OpenAPI 3.1 §4.8.12.1: parameters of these names mean nothing. */
const NAMELESS = new Set(['accept', 'content-type', 'authorization']);

/** What nobody may set for our requests, whatever a document and an operator say. */
const OURS =
  /^(authorization|cookie|host|content-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|via|forwarded|x-forwarded-.*|proxy-.*|sec-.*|dpop|x-http-method.*|x-method-override)$/;

/**
 * The parameters of an operation: those of its own over those of its path. Cookies are never sent, and headers only where
 * `headers` lists them: such parameters are left out, and Unsupported is thrown where the operation cannot do without.
 */
export function readParameters(
  { parameters, path }: Pick<DocumentedOperation, 'parameters' | 'path'>,
  references: References,
  headers: ReadonlySet<string>,
): readonly Parameter[] {
  const declared = new Map<string, unknown>();
  for (const each of parameters) {
    const { value } = references.resolve(each);
    declared.set(`${member(value, 'in')} ${member(value, 'name')}`, value);
  }
  const taken = new Set(['body']);
  const read = [...declared.values()].flatMap((value): Described[] => {
    const parameter = readParameter(value, headers);
    if (parameter === undefined) return [];
    const argument = freeArgument(parameter, taken);
    taken.add(argument);
    const type = member(references.resolve(parameter.schema).value, 'type');
    const types = [type].flat().filter((each) => typeof each === 'string');
    return [{ ...parameter, argument, types, members: namedMembers(parameter.schema, references) }];
  });
  checkPath(path, read);
  return read.map((parameter) => ({ ...parameter, others: namesBeside(parameter, read) }));
}

function readParameter(
  value: unknown,
  headers: ReadonlySet<string>,
): Omit<Described, 'argument' | 'types' | 'members'> | undefined {
  const name = textOf(member(value, 'name'));
  const place = textOf(member(value, 'in'));
  if (name === undefined || place === undefined) throw new Unsupported('a parameter has no name or no place');
  const required = member(value, 'required') === true || place === 'path';
  if (place === 'header' && NAMELESS.has(name.toLowerCase())) return undefined;
  const refused = refusal(name, place, headers);
  if (refused !== undefined) {
    if (required) throw new Unsupported(refused);
    return undefined;
  }
  const description = textOf(member(value, 'description'));
  const facts = { name, place: place as Parameter['place'], required, description };
  const [content] = entriesOf(member(value, 'content'));
  if (content !== undefined) {
    return { ...facts, style: 'json', explode: false, schema: member(content[1], 'schema') ?? {} };
  }
  const style = textOf(member(value, 'style')) ?? (place === 'query' ? 'form' : 'simple');
  if (!STYLES[facts.place].includes(style)) throw new Unsupported(`parameter "${name}" has the style ${style}`);
  const explode = member(value, 'explode') ?? style === 'form';
  return { ...facts, style: style as Style, explode: explode === true, schema: member(value, 'schema') ?? {} };
}

function namedMembers(schema: unknown, references: References): NamedMembers {
  const { value } = references.resolve(schema);
  const parts = [value, ...listOf(member(value, 'allOf')).map((part) => references.resolve(part).value)];
  const names = new Set(parts.flatMap((part) => entriesOf(member(part, 'properties')).map(([name]) => name)));
  const takesMore = parts.some((part) => (member(part, 'additionalProperties') ?? false) !== false);
  return { names, open: names.size === 0 || takesMore };
}

const namesBeside = (parameter: Described, all: readonly Described[]): QueryNames =>
  queryNames(
    all
      .filter((other) => other !== parameter && other.place === 'query')
      .flatMap(({ name, style, explode, members }) => [name, ...(style === 'form' && explode ? members.names : [])]),
  );

function refusal(name: string, place: string, headers: ReadonlySet<string>): string | undefined {
  if (place === 'cookie') return `parameter "${name}" is a cookie, and cookies are never sent`;
  if (place === 'header' && !headers.has(name.toLowerCase())) {
    return `it needs the header "${name}": list it in \`headers\` where callers may set it`;
  }
  return place === 'path' || place === 'query' || place === 'header' ? undefined : `parameter "${name}" is in ${place}`;
}

function freeArgument({ name, place }: Pick<Parameter, 'name' | 'place'>, taken: ReadonlySet<string>): string {
  const wanted = plain(name);
  if (!taken.has(wanted)) return wanted;
  let free = `${wanted}_${place}`;
  for (let count = 2; taken.has(free); count += 1) free = `${wanted}_${place}_${count}`;
  return free;
}

/** Each `{name}` of the path is a parameter, and each parameter of the path is in it. */
function checkPath(path: string, parameters: readonly Described[]): void {
  const named = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
  const declared = parameters.filter(({ place }) => place === 'path').map(({ name }) => name);
  const odd = [
    ...named.filter((name) => !declared.includes(name ?? '')),
    ...declared.filter((name) => !named.includes(name)),
  ];
  if (odd.length > 0) throw new Unsupported(`its path and its parameters disagree about {${odd[0]}}`);
}

/** The names of headers that callers may set, in lower case. Throws TypeError for one that is not theirs to set. */
export function allowedHeaders(names: readonly string[]): ReadonlySet<string> {
  const lower = names.map((name) => name.toLowerCase());
  const odd = lower.find((name) => OURS.test(name) || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name));
  if (odd !== undefined) throw new TypeError(`headers: callers may not set ${JSON.stringify(odd)}.`);
  return new Set(lower);
}
