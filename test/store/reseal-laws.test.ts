import { describe, it } from 'vitest';
import { maintenanceLaws } from '../contracts/index.ts';
import { storesUnderTest } from './stores-under-test.ts';

/** Sealed stores are left out: upkeep works on what is beneath the seal. */
const plain = Object.entries(storesUnderTest).filter(([name]) => !name.includes('sealed'));

describe.each(plain)('%s', (_name, open) => {
  it.each(maintenanceLaws)('$title', (law) => law.check(open));
});
