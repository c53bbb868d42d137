import type { PerPrincipalOptions, PerPrincipalRules } from './connections.ts';

const DEFAULTS = { idle: 300, perPerson: 10, most: 100 };

/** The rules that `perPrincipal` of a server called `name` stands for. Throws TypeError. */
export function perPrincipalRules(perPrincipal: boolean | PerPrincipalOptions, name: string): PerPrincipalRules {
  if (perPrincipal === false) return undefined;
  const rules = { ...DEFAULTS, ...(perPrincipal === true ? {} : perPrincipal) };
  const wrong = Object.entries(rules).find(
    ([option, value]) => !(option in DEFAULTS) || !Number.isSafeInteger(value) || value < 1,
  );
  if (wrong === undefined) return rules;
  throw new TypeError(
    `Server ${name}: perPrincipal must be a boolean or { idle, perPerson, most }, whole numbers from 1; "${wrong[0]}" is not.`,
  );
}
