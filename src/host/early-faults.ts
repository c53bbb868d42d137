import { checkBranding } from '../authorization/pages/branding.ts';
import type { ReadInPart } from '../config.ts';
import { ConfigError } from '../core/errors.ts';
import { keyRing } from '../store/key-ring.ts';
import { brandingOf } from './authorization-options.ts';

/** Faults of settings whose rules other rooms hold, BRAND_* and GATEHOUSE_KEYS: told with all others, not one start later. */
export const earlyFaults = (config: ReadInPart): readonly string[] => [
  ...faultsOf(() => checkBranding(brandingOf(config))),
  ...(config.keys.length === 0 ? [] : faultsOf(() => keyRing(config.keys))),
];

function faultsOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
