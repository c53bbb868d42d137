/** Base of the faults that have a place on the wire. `reason` is for the log only and is never sent. */
export class GatehouseError extends Error {
  readonly code: string;
  readonly status: number;
  readonly reason: string;

  constructor(code: string, status: number, message: string, reason: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.reason = reason;
  }
}

/** The caller sent credentials in a way no rule allows: 400 `invalid_request` (RFC 6750 §3.1). */
export class InvalidRequest extends GatehouseError {
  constructor(reason: string) {
    super('invalid_request', 400, 'The request is malformed.', reason);
  }
}

/** The caller's token is not good here: 401 `invalid_token` (RFC 6750 §3.1). */
export class InvalidToken extends GatehouseError {
  constructor(reason: string, cause?: unknown) {
    super('invalid_token', 401, 'The access token is missing, malformed, expired or not valid here.', reason, cause);
  }
}

/** The caller is known but the call needs more: 403 `insufficient_scope`, with every scope the call needs. */
export class InsufficientScope extends GatehouseError {
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super('insufficient_scope', 403, 'The call needs more scope.', 'insufficient_scope');
    this.scopes = scopes;
  }
}

/** Something that we depend on does not answer: 503 with `Retry-After`; never the caller's fault. */
export class Unavailable extends GatehouseError {
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number;

  constructor(reason: string, cause?: unknown, retryAfter = 5) {
    super('temporarily_unavailable', 503, 'The service is temporarily unavailable.', reason, cause);
    this.retryAfter = retryAfter;
  }
}

/** More requests than one caller may send: 429 with `Retry-After` (RFC 6585 §4). `budget` is what is used up. */
export class TooManyRequests extends GatehouseError {
  /** Whole seconds until there is room again. */
  readonly retryAfter: number;

  constructor(budget: string, retryAfter: number) {
    super('temporarily_unavailable', 429, 'Too many requests. Try again later.', `limited_${budget}`);
    this.retryAfter = retryAfter;
  }
}

/** The configuration cannot work. Lists every fault at once; each names its setting. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n- ${faults.join('\n- ')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}
