/** Whom the tokens of a provider may be for, where that is not the resource itself. */
export interface AudienceOptions {
  /**
   * What `aud` must name one of in place of the mount's own resource: a list for every mount, or what each resource is
   * called there. With a list a token is good for every mount of the host.
   */
  readonly acceptAudiencesInsteadOfResource?: readonly string[] | ((resource: string) => readonly string[]) | undefined;
}

/** The rule that options and variable come to; undefined: the resource itself. `listed` is what was read as a list. */
export function audiencesFrom(
  { acceptAudiencesInsteadOfResource: given }: AudienceOptions,
  listed: readonly string[],
): ((resource: string) => readonly string[]) | undefined {
  if (typeof given === 'function') return given;
  return listed.length > 0 ? () => listed : undefined;
}

/**
 * What is wrong where tokens name no audience by themselves, and exactly one variable must say how ours are told from others:
 * `ways` are the variables with whether each is set; `none` is the fault where none is.
 */
export function audienceWayFaults(ways: Readonly<Record<string, boolean>>, none: string): readonly string[] {
  const chosen = Object.keys(ways).filter((variable) => ways[variable]);
  if (chosen.length === 1) return [];
  return [chosen.length === 0 ? none : `${chosen.join(', ')} must not be set together: one way tells our tokens`];
}

/** Whether audiences were given, as a list or a function. */
export const namesAudiences = (
  { acceptAudiencesInsteadOfResource: given }: AudienceOptions,
  listed: readonly string[],
): boolean => typeof given === 'function' || listed.length > 0;
