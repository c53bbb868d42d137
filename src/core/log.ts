/** Plain facts that go with an event. Never a secret, token or code: use `fingerprint` from `secrets.ts`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. `event` is a stable snake_case code, such as `token_refused`; the words belong in `fields.reason`. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same log with `fields` added to each line. */
  with(fields: LogFields): Log;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
