import { extname } from 'node:path';
import type { ReadResourceResult } from '@modelcontextprotocol/server';

/** By the end of a file's name. What is not here is told by its bytes. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mp3': 'audio/mpeg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/typescript',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.zip': 'application/zip',
};

/** The media type that a file's name tells; undefined where it tells none. */
export const mediaTypeOf = (name: string): string | undefined => BY_EXTENSION[extname(name).toLowerCase()];

const BINARY = /^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/(?:pdf|zip|octet-stream))/;

/** Bytes as MCP sends them: a text where they are one, otherwise a blob. */
export function contentOf(uri: string, mimeType: string | undefined, bytes: Uint8Array): ReadResourceResult {
  const text = mimeType !== undefined && BINARY.test(mimeType) ? undefined : textOf(bytes);
  if (text !== undefined) return { contents: [{ uri, mimeType: mimeType ?? 'text/plain', text }] };
  const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return { contents: [{ uri, mimeType: mimeType ?? 'application/octet-stream', blob }] };
}

/** Undefined for what is no UTF-8, or has zeros in it. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
