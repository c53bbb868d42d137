import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ScopeCatalogue } from '../core/scope.ts';
import type { Surface } from './surface.ts';

/** What a mount is started with: the host's own. */
export interface MountParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

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
  /** Connects to what stands behind it, before anything is served. Rejects where a host is not to start without. */
  start?(parts: MountParts): Promise<void>;
  /** Lets go of it, when nothing is served any more: as many times as it was started. */
  close?(): Promise<void>;
}
