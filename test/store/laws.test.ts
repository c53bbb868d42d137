import { describe, it } from 'vitest';
import { storeLaws } from '../contracts/index.ts';
import { storesUnderTest } from './stores-under-test.ts';

describe.each(Object.entries(storesUnderTest))('%s', (_name, open) => {
  it.each(storeLaws)('$title', (law) => law.check(open));
});
