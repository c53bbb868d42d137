import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Writes what follows `from` and tells how many bytes of it were taken. */
export type WriteBytes = (bytes: Buffer, from: number) => number;

/**
 * Where the log goes: standard error. A line that cannot be written is dropped and counted, and the next one
 * that can be tells how many: a reader that has gone holds up neither a call nor the end of the process.
 */
export function standardError(write: WriteBytes = (bytes, from) => writeSync(2, bytes, from)): DestinationStream {
  let dropped = 0;
  let torn = false;
  return {
    write(line) {
      const lost = dropped === 0 ? '' : `{"level":40,"lines":${dropped},"event":"log_lines_dropped"}\n`;
      const bytes = Buffer.from(`${torn ? '\n' : ''}${lost}${line}`);
      let written = 0;
      try {
        while (written < bytes.length) written += write(bytes, written);
        dropped = 0;
        torn = false;
      } catch {
        dropped += 1;
        torn ||= written > 0;
      }
    },
  };
}
