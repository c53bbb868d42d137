import { closingLaws } from './store-closing-laws.ts';
import { keepingLaws } from './store-keeping-laws.ts';
import type { StoreLaw } from './store-law.ts';
import { lifetimeLaws } from './store-lifetime-laws.ts';
import { winnerLaws } from './store-winner-laws.ts';

/**
 * What every Store promises. Run each law with the test runner that you use, once for each way your store can be opened:
 * `for (const law of storeLaws) it(law.title, () => law.check(open))`.
 */
export const storeLaws: readonly StoreLaw[] = [...keepingLaws, ...lifetimeLaws, ...winnerLaws, ...closingLaws];
