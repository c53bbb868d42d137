import { mayShareUris } from '../folded-uri.ts';
import type { ServerAccess } from './access.ts';
import type { DescribedUris } from './description.ts';

/**
 * A sentence for each rule about URIs of a template that no longer keeps from them all that it kept: for it is gone, asks
 * for less, or has another one in front of it that may be about the same URIs.
 */
export const urisWidened = (before: ServerAccess, now: ServerAccess): readonly string[] =>
  (before.uris ?? []).flatMap((rule) => {
    const { template, uris, scopes } = rule;
    const less = countingFor(rule, before, now).find((other) => !covers(other, scopes));
    if (less === undefined) return [];
    return [`uris ${uris} of template ${template} ${said('needed', scopes)}, and now ${said('need', less)}.`];
  });

type Needs = DescribedUris['scopes'];

/** All that may count for the URIs of a rule by now; nothing where the template is gone. */
function countingFor({ template, uris }: DescribedUris, before: ServerAccess, now: ServerAccess): readonly Needs[] {
  const item = `template ${template}`;
  const rest = Object.hasOwn(now.items, item) ? now.items[item] : undefined;
  if (rest === undefined) return [];
  const [known, rules] = [rulesOf(before, template), rulesOf(now, template)];
  const inFront = (all: readonly DescribedUris[]) => all.slice(0, indexIn(all, uris));
  const stoodThere = inFront(known).map((other) => other.uris);
  const added = inFront(rules).filter((other) => !stoodThere.includes(other.uris) && mayShareUris(other.uris, uris));
  return [rules[indexIn(rules, uris)]?.scopes ?? rest, ...added.map(({ scopes }) => scopes)];
}

const rulesOf = ({ uris = [] }: ServerAccess, template: string) => uris.filter((rule) => rule.template === template);

/** Of the first rule about these URIs; past the end where there is none. */
function indexIn(rules: readonly DescribedUris[], uris: string): number {
  const index = rules.findIndex((rule) => rule.uris === uris);
  return index === -1 ? rules.length : index;
}

const covers = (now: Needs, before: Needs): boolean =>
  now === 'hidden' || (before !== 'hidden' && before.every((scope) => now.includes(scope)));

const said = (verb: string, scopes: Needs): string =>
  scopes === 'hidden' ? 'were hidden' : `${verb} ${scopes.length === 0 ? 'nothing' : scopes.join(', ')}`;
