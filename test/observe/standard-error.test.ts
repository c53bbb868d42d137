import { expect, it } from 'vitest';
import { standardError } from '../../src/observe/standard-error.ts';

/** A reader that takes `room` bytes more and then none. */
function narrowReader() {
  const reader = { room: Number.POSITIVE_INFINITY, text: '' };
  const log = standardError((bytes, from) => {
    if (reader.room === 0) throw Object.assign(new Error('write EAGAIN'), { code: 'EAGAIN' });
    const part = bytes.subarray(from, from + reader.room);
    reader.room -= part.length;
    reader.text += part.toString();
    return part.length;
  });
  return { reader, log };
}

it('F24 drops and counts what cannot be written, and tells it with the next line that can', () => {
  const { reader, log } = narrowReader();
  log.write('{"event":"first"}\n');
  reader.room = 0;
  log.write('{"event":"lost"}\n');
  log.write('{"event":"lost"}\n');
  reader.room = Number.POSITIVE_INFINITY;
  log.write('{"event":"next"}\n');
  log.write('{"event":"last"}\n');
  expect(
    reader.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { event: 'first' },
    { level: 40, lines: 2, event: 'log_lines_dropped' },
    { event: 'next' },
    { event: 'last' },
  ]);
});

it('F24 begins a new line after one that was cut in the middle', () => {
  const { reader, log } = narrowReader();
  reader.room = 8;
  log.write('{"event":"cut"}\n');
  reader.room = Number.POSITIVE_INFINITY;
  log.write('{"event":"next"}\n');
  expect(reader.text).toBe('{"event"\n{"level":40,"lines":1,"event":"log_lines_dropped"}\n{"event":"next"}\n');
});
