import type { ProviderLaw } from './provider-law.ts';
import { outageLaws } from './provider-outage-laws.ts';
import { signatureLaws } from './provider-signature-laws.ts';
import { tokenLaws } from './provider-token-laws.ts';

/**
 * What the verifier of every `direct` and `keys` provider promises. Run them as the other laws, over an issuer of yours
 * that runs on this machine: `for (const law of providerLaws) it(law.title, () => law.check(start))`.
 */
export const providerLaws: readonly ProviderLaw[] = [...tokenLaws, ...signatureLaws, ...outageLaws];
