/** What a resource's handler is called with: the URI that was asked for, and the values of its template's variables. */
export interface ResourceTarget {
  readonly uri: string;
  readonly values: Readonly<Record<string, string>>;
}
