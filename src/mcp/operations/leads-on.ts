import type { TemplateItem } from '../surface.ts';
import type { UriTemplate } from '../uri-template.ts';

type Values = Readonly<Record<string, string>>;

/** What is put for a variable of the path that nobody has filled in: two of each kind, for a rule might be about one. */
const STAND_INS = [
  { segment: '0', path: '0' },
  { segment: 'z', path: 'z/z' },
] as const;

/** What a completion is about, and with what. */
export interface Suggesting {
  /** The variable that values are suggested for. */
  readonly argument: string;
  /** What the caller has filled in. */
  readonly others: Values;
  /** Whether the caller holds these scopes. */
  allows(scopes: readonly string[]): boolean;
}

/**
 * Tells of a suggested value whether any URI with it is there for the caller. What is not filled in, or cannot stand there, is
 * tried with stand-ins and with what rules about single URIs name. A path that ends with a slash is one that goes on.
 */
export function leadsOn(item: TemplateItem, { argument, others, allows }: Suggesting): (value: string) => boolean {
  const { template, uriRules = [] } = item;
  if (item.needs === undefined) return () => true;
  const fillings = [...STAND_INS.map((standIn) => filled(template, standIn)), ...named(template, uriRules)];
  const known = usable(template, others);
  const isThere = (values: Values): boolean => {
    const uri = template.expand(values);
    const scopes = template.match(uri) && item.needs?.(uri);
    return scopes !== undefined && allows(scopes);
  };
  return (value) =>
    value.isWellFormed() &&
    fillings.some((filling) => {
      const whole = goesOn(template, argument, value) ? continued(value, filling[argument]) : value;
      return isThere({ ...filling, ...known, [argument]: whole });
    });
}

/** Queries may be left out. */
const filled = ({ kinds }: UriTemplate, { segment, path }: (typeof STAND_INS)[number]): Values =>
  Object.fromEntries(
    [...kinds].flatMap(([name, kind]) => (kind === 'query' ? [] : [[name, kind === 'path' ? path : segment]])),
  );

const named = (template: UriTemplate, rules: NonNullable<TemplateItem['uriRules']>): readonly Values[] =>
  rules
    .map(({ uris }) => template.match(uris.replaceAll('*', STAND_INS[0].segment)))
    .filter((values) => values !== undefined);

function usable(template: UriTemplate, values: Values): Values {
  const rest = filled(template, STAND_INS[0]);
  const fits = (name: string, value: string): boolean =>
    value.isWellFormed() && template.match(template.expand({ ...rest, [name]: value })) !== undefined;
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => template.kinds.has(name) && fits(name, value)),
  );
}

function goesOn({ kinds }: UriTemplate, argument: string, value: string): boolean {
  const kind = kinds.get(argument);
  return kind === 'path' ? value === '' || value.endsWith('/') : kind === 'segment' && value === '';
}

const continued = (value: string, rest = ''): string => (rest.startsWith(value) ? rest : value + rest);
