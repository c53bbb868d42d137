import { type Glob, globOf } from '../glob.ts';
import type { HttpMethod, Operation } from './list-operations.ts';

/** What an operation becomes. */
export type RouteKind = 'tool' | 'resource' | 'template' | 'exclude';

/** Which operations a rule is about, and what becomes of them. All that it names must fit; of several values, one. */
export interface RouteRule {
  readonly methods?: readonly HttpMethod[];
  /** The path as the document has it; `*` stands for any characters, `/` too. */
  readonly path?: string;
  readonly tags?: readonly string[];
  /** `resource` is for a GET without parameters in its path, `template` for one with them. */
  readonly as: RouteKind;
}

const KINDS: readonly unknown[] = ['tool', 'resource', 'template', 'exclude'] satisfies RouteKind[];
const METHODS: readonly unknown[] = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] satisfies HttpMethod[];

/** What the first rule that fits says; a tool where none does. Throws TypeError naming a rule that cannot work. */
export function routeRules(rules: readonly RouteRule[]): (operation: Operation) => RouteKind {
  const ready = rules.map((rule, index) => ({ ...checked(rule, index), fits: pathTest(rule.path) }));
  return (operation) => {
    const { method, path, tags } = operation;
    const rule = ready.find(
      (each) =>
        (each.methods === undefined || each.methods.includes(method)) &&
        (each.tags === undefined || each.tags.some((tag) => tags.includes(tag))) &&
        each.fits(path),
    );
    return rule?.as ?? 'tool';
  };
}

const pathTest = (path: string | undefined): Glob => (path === undefined ? () => true : globOf(path));

function checked(rule: RouteRule, index: number): RouteRule {
  const label = `Route rule ${index + 1}`;
  if (!KINDS.includes(rule.as)) throw new TypeError(`${label}: as must be one of ${KINDS.join(', ')}.`);
  const odd = rule.methods?.find((method) => !METHODS.includes(method));
  if (odd !== undefined) throw new TypeError(`${label}: ${odd} is not one of ${METHODS.join(', ')}.`);
  return rule;
}
