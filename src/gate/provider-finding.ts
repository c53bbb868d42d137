/** What is looked at of an identity provider. */
export type FindingItem =
  | 'metadata'
  | 'endpoints'
  | 'members'
  | 'pkce'
  | 'registration'
  | 'issuer_parameter'
  | 'exchange'
  | 'keys'
  | 'credentials';

/**
 * What came of it: `fits`; `advice`: it works, but not for every client; `unfit`: a setting there or here is wrong;
 * `unanswered`: the provider did not say.
 */
export type FindingVerdict = 'fits' | 'advice' | 'unfit' | 'unanswered';

/** One thing that was looked at, in one sentence: what is so and, where it does not fit, what to change. */
export interface ProviderFinding {
  readonly item: FindingItem;
  readonly verdict: FindingVerdict;
  readonly sentence: string;
}

/** What the operator of a provider can change, by what does not fit: the end of a sentence, naming the setting there. */
export interface TenantAdvice extends Partial<Readonly<Record<FindingItem, string>>> {
  /** Clients are registered by hand there, whatever its metadata says. */
  readonly registersNobody?: boolean;
}
