import { isAbsolute } from 'node:path';
import { partsOf, readInside } from './inside.ts';
import { contentOf, mediaTypeOf } from './media-type.ts';
import { MOST_BYTES } from './read-bounded.ts';
import type { ResourceSource } from './source.ts';
import { filesBelow } from './walk.ts';

/** What of a folder is there, and what it may cost. */
export interface DirectoryResourceOptions {
  /** Bytes of one file; a larger one is refused. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Files that lists and suggestions tell of, at most. All can be read. Default 1,000. */
  readonly maxFiles?: number;
  /** Whether files and folders whose names begin with a dot are there. Default false. */
  readonly dotFiles?: boolean;
  /** Which files are there, by their paths below the folder, with `/` between the parts. Default all. */
  readonly accept?: (path: string) => boolean;
}

const ADVICE = 'is a folder: it needs a URI without variables, or a template with {path*} alone';

/**
 * The files below a folder. Behind a template such as `docs://{path*}`: each of them, and the list of all; behind a single URI:
 * that list as JSON. Symbolic links are never followed, and nothing outside is read. Throws TypeError for a relative path.
 */
export function directoryResource(root: string, options: DirectoryResourceOptions = {}): ResourceSource {
  const { maxBytes = MOST_BYTES, maxFiles = 1000, dotFiles = false, accept = () => true } = options;
  if (!isAbsolute(root)) throw new TypeError(`directoryResource needs an absolute path, not ${JSON.stringify(root)}.`);
  const files = () => filesBelow(root, { maxFiles, dotFiles, accept });
  return {
    advice: (variables) => (variables.size === 0 || [...variables.keys()].join() === 'path' ? undefined : ADVICE),
    async read({ uri, values: { path } }, _context, mimeType) {
      if (path === undefined) {
        const text = JSON.stringify({ files: await files() });
        return { contents: [{ uri, mimeType: mimeType ?? 'application/json', text }] };
      }
      const parts = partsOf(path, { dotFiles });
      const bytes = parts && accept(path) ? await readInside(root, parts, maxBytes) : undefined;
      return bytes && contentOf(uri, mimeType ?? mediaTypeOf(path), bytes);
    },
    async list(expand) {
      return (await files()).map((path) => ({ uri: expand({ path }), name: path, ...mimeTypeOf(path) }));
    },
    complete: { path: async (start) => (await files()).filter((path) => path.startsWith(start)) },
  };
}

function mimeTypeOf(path: string) {
  const mimeType = mediaTypeOf(path);
  return mimeType === undefined ? {} : { mimeType };
}
