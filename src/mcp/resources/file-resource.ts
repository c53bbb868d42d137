import { isAbsolute } from 'node:path';
import { contentOf, mediaTypeOf } from './media-type.ts';
import { MOST_BYTES, readBounded, withFile } from './read-bounded.ts';
import { type ResourceSource, singleOnly } from './source.ts';

/** What a file may cost. */
export interface FileResourceOptions {
  /** Bytes; a larger file is refused. Default 1 MiB. */
  readonly maxBytes?: number;
}

/** The file at an absolute path, read anew each time: a text where it is one, otherwise a blob. Throws TypeError. */
export function fileResource(path: string, { maxBytes = MOST_BYTES }: FileResourceOptions = {}): ResourceSource {
  if (!isAbsolute(path)) throw new TypeError(`fileResource needs an absolute path, not ${JSON.stringify(path)}.`);
  return {
    advice: singleOnly,
    async read({ uri }, _context, mimeType = mediaTypeOf(path)) {
      const bytes = await withFile(path, { nofollow: false }, (file) => readBounded(file, maxBytes));
      return bytes && contentOf(uri, mimeType, bytes);
    },
  };
}
