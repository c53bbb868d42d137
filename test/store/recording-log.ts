import type { Log, LogFields } from '../../src/core/log.ts';

/** A log that keeps its lines for the test to read. */
export function recordingLog(): { readonly log: Log; readonly lines: readonly (readonly [string, LogFields])[] } {
  const lines: (readonly [string, LogFields])[] = [];
  const keep = (event: string, fields: LogFields = {}): void => {
    lines.push([event, fields]);
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, with: () => log };
  return { log, lines };
}
