import type { Branding } from '../../authorization/pages/branding.ts';
import type { ServeParts } from '../serve-message.ts';

/** What the REST face of one mount is made of. */
export interface RestParts extends ServeParts {
  /** Bytes. */
  readonly bodyLimit: number;
  /** Where callers get their tokens. */
  readonly issuers: readonly string[];
  readonly branding: Branding;
}
