/**
 * Whose fault it is: `refused` - our rules forbid the URL or its addresses, nothing was sent; `unusable` - the far side
 * answered in a way we do not take; `unreachable` - it did not answer, another time it may; `busy` - our own limits.
 */
export type FetchFault = 'refused' | 'unusable' | 'unreachable' | 'busy';

/** Stable code of what went wrong, for the log. */
export type FetchReason =
  | 'url_not_allowed'
  | 'address_not_public'
  | 'redirected'
  | 'encoded'
  | 'too_large'
  | 'name_not_resolved'
  | 'connection_failed'
  | 'tls_failed'
  | 'timed_out'
  | 'too_many_fetches';

const FAULTS: Readonly<Record<FetchReason, FetchFault>> = {
  url_not_allowed: 'refused',
  address_not_public: 'refused',
  redirected: 'unusable',
  encoded: 'unusable',
  too_large: 'unusable',
  name_not_resolved: 'unreachable',
  connection_failed: 'unreachable',
  tls_failed: 'unreachable',
  timed_out: 'unreachable',
  too_many_fetches: 'busy',
};

/** A fetch that brought nothing. `fault` tells a refusal from trouble that passes. */
export class FetchFailed extends Error {
  readonly reason: FetchReason;
  readonly fault: FetchFault;

  constructor(reason: FetchReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FetchFailed';
    this.reason = reason;
    this.fault = FAULTS[reason];
  }
}
