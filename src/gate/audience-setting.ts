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
