import type { Grants, Identity, UpstreamProvider } from './upstream-provider.ts';

/** One way to come in, such as `org:acme`. */
export interface AdmissionRule {
  readonly kind: string;
  readonly value: string;
}

/** Who of a provider's people may come in: everybody there, or those whom at least one rule fits. Empty: nobody was named. */
export type Admission = 'anyone' | readonly AdmissionRule[];

/** What every provider can tell. `domain` and `email` look at verified addresses only. */
const COMMON = ['id', 'email', 'domain'];

/**
 * Reads who may come in: `anyone`, or words such as `domain:example.com` between commas, of the common kinds and those given.
 * Throws an Error that ends the sentence "NAME …".
 */
export const admission =
  (...kinds: readonly string[]) =>
  (text: string): Admission => {
    const words = text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    if (words.length === 1 && words[0] === 'anyone') return 'anyone';
    const known = [...kinds, ...COMMON];
    const rules = words.map((word) => {
      const [kind = '', value = ''] = word.split(/:(.*)/s);
      return { word, kind, value: fold(kind, value.trim()) };
    });
    const unfit = rules.filter(({ kind, value }) => !known.includes(kind) || value === '');
    if (unfit.length === 0) return rules.map(({ kind, value }) => ({ kind, value }));
    const examples = known.map((each) => `${each}:<…>`).join(', ');
    const found = unfit.map(({ word }) => JSON.stringify(word.slice(0, 60))).join(', ');
    throw new Error(`must be anyone, or a list of ${examples}; it has ${found}`);
  };

/** Whether somebody may come in. */
export function admits(rules: Admission, identity: Identity): boolean {
  if (rules === 'anyone') return true;
  return rules.some(({ kind, value }) => factsOf(identity, kind).some((fact) => fold(kind, fact) === value));
}

/** The `grants` of a provider whose people come in by rules; by none, all of them (in production see `admissionFault`). */
export const grantsTo =
  (rules: Admission, scopes: Grants = 'all'): UpstreamProvider['grants'] =>
  (identity) => {
    if (rules.length > 0 && !admits(rules, identity)) return undefined;
    return typeof scopes === 'function' ? scopes(identity) : scopes;
  };

/** Whether a kind of rule is used: what it looks at must then be asked of the provider. */
export const asksFor = (rules: Admission, ...kinds: readonly string[]): boolean =>
  rules !== 'anyone' && rules.some(({ kind }) => kinds.includes(kind));

/** The `recheck` of a provider, if what people may depends on memberships, which end: by rules, or by a function of yours. */
export const recheckIfMembers = (
  rules: Admission,
  scopes: Grants | undefined,
  recheck: NonNullable<UpstreamProvider['recheck']>,
): Pick<UpstreamProvider, 'recheck'> => {
  const byRule = rules !== 'anyone' && rules.some(({ kind }) => !COMMON.includes(kind));
  return byRule || typeof scopes === 'function' ? { recheck } : {};
};

/** A sentence for production, where nobody was named. */
export const admissionFault = (variable: string, rules: Admission, production: boolean): readonly string[] =>
  production && rules.length === 0
    ? [`${variable} must say who may come in, for everybody has an account there: a list, or anyone`]
    : [];

function factsOf({ subject, email, memberships = {} }: Identity, kind: string): readonly string[] {
  if (kind === 'id') return [subject];
  if (kind === 'email') return email === undefined ? [] : [email];
  if (kind === 'domain') return email?.includes('@') ? [email.slice(email.lastIndexOf('@') + 1)] : [];
  return Object.hasOwn(memberships, kind) ? (memberships[kind] ?? []) : [];
}

/** Ids are compared as they are; names and addresses without regard to case, of A to Z alone: U+212A is no k. */
const fold = (kind: string, value: string): string =>
  kind === 'id' ? value : value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
