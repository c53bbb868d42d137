import type { ListName } from './changes.ts';
import { type Shelf, shelf } from './shelf.ts';
import type { FixedResourceItem, PromptItem, Surface, TemplateItem, ToolItem } from './surface.ts';

/**
 * What becomes of a definition whose name, URI or template is taken: it is refused, it takes the place with a warning of the
 * process or quietly, or it is left out.
 */
export type Duplicates = 'error' | 'warn' | 'replace' | 'ignore';

/** All of them. */
export const DUPLICATES: readonly Duplicates[] = ['error', 'warn', 'replace', 'ignore'];

/** Which items: those of these names, and those that have one of these tags. */
export interface Choice {
  readonly tools?: readonly string[];
  readonly prompts?: readonly string[];
  /** URIs and templates, as they were defined. */
  readonly resources?: readonly string[];
  readonly tags?: readonly string[];
}

/** What happens to the items of a choice; `alone`: they are shown and all others hidden. */
export type Fate = 'shown' | 'hidden' | 'alone' | 'gone';

/** The kinds of items. */
interface Items {
  readonly tools: ToolItem;
  readonly prompts: PromptItem;
  readonly resources: FixedResourceItem;
  readonly templates: TemplateItem;
}
type Kind = keyof Items;

/** The items of one definition, those that are served and those that are not at present. */
export interface Registry {
  /** What is served. */
  readonly live: Pick<Surface, Kind | 'revision'>;
  /** Whether an item has this key, served or not. */
  taken(kind: Kind, key: string): boolean;
  put<K extends Kind>(kind: K, key: string, item: Items[K]): void;
  /** The template that matches the same URIs. */
  twin(shape: string): TemplateItem | undefined;
  /** Throws TypeError for a name or a tag that no item has. */
  decide(choice: Choice, fate: Fate): void;
}

const LIST_OF = { tools: 'tools', prompts: 'prompts', resources: 'resources', templates: 'resources' } as const;
const KINDS = ['tools', 'prompts', 'resources', 'templates'] as const;

/** No item yet. `changed` is called with each list that has other entries than before. */
export function createRegistry(server: string, changed: (list: ListName) => void): Registry {
  const shelves = {
    tools: shelf<ToolItem>(),
    prompts: shelf<PromptItem>(),
    resources: shelf<FixedResourceItem>(),
    templates: shelf<TemplateItem>(),
  };
  let revision = 0;
  const tell = (kinds: readonly Kind[]): void => {
    if (kinds.length > 0) revision += 1;
    for (const list of new Set(kinds.map((kind) => LIST_OF[kind]))) changed(list);
  };
  return {
    live: {
      tools: shelves.tools.shown,
      prompts: shelves.prompts.shown,
      resources: shelves.resources.shown,
      templates: shelves.templates.shown,
      revision: () => revision,
    },
    taken: (kind, key) => shelves[kind].all.has(key),
    put(kind, key, item) {
      (shelves[kind] as Shelf<unknown>).put(key, item);
      tell([kind]);
    },
    twin: (shape) => [...shelves.templates.all.values()].find(({ template }) => template.shape === shape),
    decide(choice, fate) {
      const chosen = chosenOf(shelves, choice, server);
      tell(KINDS.filter((kind) => settle(shelves[kind], chosen[kind], fate)));
    },
  };
}

/** Tells whether what is in sight has changed. */
function settle(items: Shelf<unknown>, keys: readonly string[], fate: Fate): boolean {
  if (fate === 'gone') return items.remove(keys);
  if (fate !== 'alone') return items.show(keys, fate === 'shown');
  const others = [...items.all.keys()].filter((key) => !keys.includes(key));
  const changes = [items.show(others, false), items.show(keys, true)];
  return changes.includes(true);
}

type Shelves = Readonly<Record<Kind, Shelf<{ readonly tags: ReadonlySet<string> }>>>;

/** The keys by kind. */
function chosenOf(shelves: Shelves, { tools, prompts, resources, tags }: Choice, server: string) {
  const { all: templates } = shelves.templates;
  const named = {
    tools: tools ?? [],
    prompts: prompts ?? [],
    resources: (resources ?? []).filter((uri) => !templates.has(uri)),
    templates: (resources ?? []).filter((uri) => templates.has(uri)),
  };
  for (const kind of KINDS) {
    const missing = named[kind].find((key) => !shelves[kind].all.has(key));
    if (missing !== undefined) throw new TypeError(`${server} has no ${kind} called ${JSON.stringify(missing)}.`);
  }
  const unused = new Set(tags);
  const tagged = (kind: Kind): string[] =>
    [...shelves[kind].all].flatMap(([key, item]) => {
      const having = (tags ?? []).filter((tag) => item.tags.has(tag));
      for (const tag of having) unused.delete(tag);
      return having.length > 0 ? [key] : [];
    });
  const chosen = {
    tools: [...named.tools, ...tagged('tools')],
    prompts: [...named.prompts, ...tagged('prompts')],
    resources: [...named.resources, ...tagged('resources')],
    templates: [...named.templates, ...tagged('templates')],
  };
  const [strange] = unused;
  if (strange !== undefined) throw new TypeError(`${server} has no item with the tag ${JSON.stringify(strange)}.`);
  return chosen;
}
