import type { ProtectedResource } from '../../core/protected-resource.ts';

/** The mounts by resource identifier. A `Map` will do. */
export interface Resources {
  get(uri: string): ProtectedResource | undefined;
}
