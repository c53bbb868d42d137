import type { ScopeCatalogue } from '../core/scope.ts';
import type { Surface } from './surface.ts';

/** What a host can mount: a server of ours, or anything else that has a surface. Reading it closes it to new scopes. */
export interface Mountable {
  readonly name: string;
  /** Shown to people in place of the name. */
  readonly title: string | undefined;
  /** Every scope that its items need, or may come to need while it is mounted. */
  catalogue(): ScopeCatalogue;
  /** The scopes of the first challenge. */
  defaultScopes(): readonly string[];
  /** All that an endpoint serves. */
  surface(): Surface;
}
