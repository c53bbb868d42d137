import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { ScopeCatalogue } from '../core/scope.ts';
import { declareScopes, type ScopeDeclaration } from './declared-scopes.ts';
import { type FoldedUri, foldUri } from './folded-uri.ts';
import { globOf } from './glob.ts';
import type { UriRule } from './surface.ts';

/** The kinds of item that a rule can be about. A template is a resource of many URIs. */
export type ItemKind = 'tool' | 'prompt' | 'resource' | 'template';

/** What a rule chooses items by. All that it names must fit; of several values in a list, one. */
export interface PolicyMatch {
  /** Names of tools and prompts, URIs of resources, texts of templates. `*` stands for any characters. */
  readonly name?: string | readonly string[];
  readonly tag?: string | readonly string[];
  /** What a tool says of itself, each as it is given here. Only as true as the server that says it. */
  readonly annotations?: Readonly<Partial<Omit<ToolAnnotations, 'title'>>>;
  /** Left out: every kind. */
  readonly kind?: ItemKind | readonly ItemKind[];
}

/** What items need, or that they are not to be there. `scopes: []` opens them to every authenticated caller. */
export type PolicyRule = PolicyMatch &
  (
    | { readonly scopes: readonly string[]; readonly hidden?: false }
    | { readonly hidden: true; readonly scopes?: undefined }
  );

/**
 * Who may use items that somebody else defined. The first rule that fits an item decides; an item that no rule fits is not
 * there: neither listed nor callable.
 */
export interface PolicyOptions {
  /** Names, plain words and hierarchy. Scopes that are only used get a plain description of their own. */
  readonly scopes?: Readonly<Record<string, ScopeDeclaration>>;
  /** What the first challenge asks for. Left out: every scope. */
  readonly defaultScopes?: readonly string[];
  readonly rules: readonly PolicyRule[];
}

/** One item as a policy sees it. */
export interface PolicyItem {
  readonly kind: ItemKind;
  /** Of a resource its URI, of a template its text. */
  readonly name: string;
  readonly tags?: ReadonlySet<string>;
  readonly annotations?: object | undefined;
}

/** A policy, ready to be asked. */
export interface Policy {
  /** Complete from the start: no item can need what is not in it. */
  catalogue(): ScopeCatalogue;
  defaultScopes(): readonly string[];
  /** What an item needs; undefined where it is not to be there. Equal answers are the same array. */
  scopesOf(item: PolicyItem): readonly string[] | undefined;
  /** Whether it is a rule that keeps an item from being there. */
  hides(item: PolicyItem): boolean;
  /**
   * What one URI of a template needs. A rule that names the URI, in whatever spelling, and stands before that of the template hides
   * it, or adds its scopes.
   */
  scopesOfUri(template: PolicyItem, uri: FoldedUri): readonly string[] | undefined;
  /** The same for all URIs of a template that rules name, in their order. */
  uriRules(template: PolicyItem): readonly UriRule[];
  /** The rules that have fit nothing so far, in words for the log. */
  unused(): readonly string[];
}

interface Rule {
  readonly label: string;
  /** Undefined: hidden. */
  readonly scopes: readonly string[] | undefined;
  fits(item: PolicyItem): boolean;
  /** The URIs that it names; none where it cannot be about single URIs. */
  readonly uris: readonly string[];
  /** Whether it names this URI, in whatever spelling. */
  fitsUri(uri: FoldedUri): boolean;
}

/** Reads the policy of a server called `title`. Throws TypeError naming a rule that cannot work. */
export function createPolicy(options: PolicyOptions, title: string): Policy {
  if (!Array.isArray(options?.rules)) throw new TypeError(`The policy of ${title} needs rules: [...].`);
  const declared = declareScopes(options.scopes ?? {}, title);
  const defaults = options.defaultScopes && declared.use(options.defaultScopes, `defaultScopes of ${title}`);
  const rules = options.rules.map((rule, index) => readRule(rule, `Rule ${index + 1} of ${title}`, declared.use));
  const used = new Set<Rule>();
  const firstFor = (item: PolicyItem): Rule | undefined => {
    const rule = rules.find(({ fits }) => fits(item));
    if (rule !== undefined) used.add(rule);
    return rule;
  };
  /** What the item needs, and the rules that stand before the one that says so. */
  const beforeThat = (item: PolicyItem) => {
    const rule = firstFor(item);
    return { scopes: rule?.scopes, earlier: rule === undefined ? [] : rules.slice(0, rules.indexOf(rule)) };
  };
  const together = (scopes: readonly string[], { label, scopes: more }: Rule) =>
    more && declared.use([...scopes, ...more], label);
  const scopesOfUri: Policy['scopesOfUri'] = (item, uri) => {
    const { scopes, earlier } = beforeThat(item);
    const before = scopes && earlier.find(({ fitsUri }) => fitsUri(uri));
    if (scopes === undefined || before === undefined) return scopes;
    used.add(before);
    return together(scopes, before);
  };
  const scopesOf: Policy['scopesOf'] = (item) =>
    item.kind === 'resource' ? scopesOfUri(item, foldUri(item.name)) : firstFor(item)?.scopes;
  return {
    catalogue: declared.catalogue,
    defaultScopes: () => defaults ?? [...declared.catalogue().keys()],
    scopesOf,
    hides: (item) => firstFor(item) !== undefined && scopesOf(item) === undefined,
    scopesOfUri,
    uriRules(template) {
      const { scopes, earlier } = beforeThat(template);
      if (scopes === undefined) return [];
      return earlier.flatMap((rule) => rule.uris.map((uris) => ({ uris, scopes: together(scopes, rule) })));
    },
    unused: () => rules.filter((rule) => !used.has(rule)).map(({ label }) => label),
  };
}

const MEMBERS = new Set(['name', 'tag', 'annotations', 'kind', 'scopes', 'hidden']);
const KINDS: readonly string[] = ['tool', 'prompt', 'resource', 'template'] satisfies ItemKind[];

function readRule(rule: PolicyRule, place: string, use: (scopes: unknown, item: string) => readonly string[]): Rule {
  const { name, tag, kind, annotations, scopes, hidden } = rule;
  const label = `${place} (${JSON.stringify({ name, tag, kind, annotations })})`;
  const unknown = Object.keys(rule).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw new TypeError(`${label} has "${unknown}", which no rule has.`);
  const names = texts(name, `${label}: name`);
  const tags = texts(tag, `${label}: tag`);
  const kinds = texts(kind, `${label}: kind`);
  const odd = kinds?.find((each) => !KINDS.includes(each));
  if (odd !== undefined) throw new TypeError(`${label}: kind must be one of ${KINDS.join(', ')}, not "${odd}".`);
  if (names === undefined && tags === undefined && kinds === undefined && annotations === undefined) {
    throw new TypeError(`${label} must say what it is about: write name: "*" for everything.`);
  }
  if (hidden === true && scopes !== undefined) throw new TypeError(`${label} is hidden: it needs no scopes.`);
  return {
    label,
    scopes: hidden === true ? undefined : use(scopes, label),
    ...fitting(names, tags, kinds, annotations),
  };
}

type Texts = readonly string[] | undefined;

function fitting(
  names: Texts,
  tags: Texts,
  kinds: Texts,
  annotations: PolicyMatch['annotations'] = {},
): Pick<Rule, 'fits' | 'fitsUri' | 'uris'> {
  const patterns = names?.map(globOf);
  const folded = names?.map((name) => foldUri(name));
  const ofTexts = folded?.map(({ text }) => globOf(text));
  const ofQueries = folded?.map(({ inTurn }) => globOf(inTurn));
  const said = Object.entries(annotations);
  const ofUris = tags === undefined && said.length === 0 && (kinds?.includes('resource') ?? true);
  return {
    uris: ofUris ? (names ?? ['*']) : [],
    fits: ({ kind, name, tags: has, annotations: says = {} }) =>
      (kinds?.includes(kind) ?? true) &&
      (patterns?.some((fits) => fits(name)) ?? true) &&
      (tags?.some((tag) => has?.has(tag)) ?? true) &&
      said.every(([hint, value]) => (says as Readonly<Record<string, unknown>>)[hint] === value),
    fitsUri: ({ text, inTurn }) =>
      ofUris && ((ofTexts?.some((fits) => fits(text)) ?? true) || (ofQueries?.some((fits) => fits(inTurn)) ?? true)),
  };
}

function texts(value: string | readonly string[] | undefined, label: string): Texts {
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.length > 0 && list.every((text) => typeof text === 'string' && text !== ''))
    return list;
  throw new TypeError(`${label} must be a text, or a list of texts.`);
}
