import type { ScopeCatalogue } from './scope.ts';

/** One mount as the OAuth world sees it: a resource with its own audience and its own scopes. */
export interface ProtectedResource {
  /** The resource identifier: `<publicUrl>/<mount>/mcp`, canonical, no trailing slash. */
  readonly uri: string;
  /** Shown to people, such as on the consent page. */
  readonly name: string;
  readonly scopes: ScopeCatalogue;
  /** Asked for by the first challenge, and granted where a request names no scope. */
  readonly defaultScopes: readonly string[];
}
