import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ToolError } from '../tool-error.ts';

/** Bytes of a file that are sent, where nobody says otherwise: 1 MiB. */
export const MOST_BYTES = 1_048_576;

/** Not waiting for the other end of a pipe, which `readBounded` refuses. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * What `use` makes of a file that is open to be read meanwhile. `nofollow` refuses a symbolic link at the end of the path.
 * Undefined where there is no such file.
 */
export async function withFile<T>(
  path: string,
  { nofollow }: { readonly nofollow: boolean },
  use: (file: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  const file = await present(open(path, nofollow ? READ | constants.O_NOFOLLOW : READ));
  try {
    return file && (await use(file));
  } finally {
    await file?.close();
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** The same, or undefined where the file system says that nothing is there. */
export async function present<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined;
    throw error;
  }
}

/**
 * All bytes of a plain file, also of one that grows meanwhile. Throws ToolError where there are more than `maxBytes`;
 * undefined for a folder or a device.
 */
export async function readBounded(
  file: Pick<FileHandle, 'stat' | 'read'>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const status = await file.stat();
  if (!status.isFile()) return undefined;
  let buffer = Buffer.alloc(Math.min(status.size, maxBytes) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > maxBytes) throw new ToolError(`The file has more than ${maxBytes} bytes.`);
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes + 1));
  }
}
