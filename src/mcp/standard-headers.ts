/** A header that says something else than the body; answered 400 with -32020 (2026-07-28, server validation). */
export interface HeaderMismatch {
  readonly message: string;
  readonly data: { readonly mismatch: { readonly header: string } };
}

/** Names the header and never its value. */
export const headerMismatch = (header: string, fault: string): HeaderMismatch => ({
  message: `The ${header} header ${fault}.`,
  data: { mismatch: { header } },
});

/** Which member of `params` the `Mcp-Name` header repeats. */
const NAMED_BY: ReadonlyMap<string, 'name' | 'uri' | 'taskId'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * The first of `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` that is missing or disagrees with a request of
 * revision 2026-07-28. Values that are present in the first two were compared when the message was classified.
 */
export function checkStandardHeaders(
  headers: Headers,
  method: string,
  params: Readonly<Record<string, unknown>>,
): HeaderMismatch | undefined {
  if (!headers.has('mcp-protocol-version')) return headerMismatch('MCP-Protocol-Version', 'is missing');
  if (!headers.has('mcp-method')) return headerMismatch('Mcp-Method', 'is missing');
  const member = NAMED_BY.get(method);
  const named = member === undefined ? undefined : params[member];
  if (typeof named !== 'string') return undefined;
  const sent = headers.get('mcp-name');
  if (sent === null) return headerMismatch('Mcp-Name', 'is missing');
  const decoded = decodeHeaderValue(sent);
  if (decoded === undefined) return headerMismatch('Mcp-Name', 'is not well encoded');
  return decoded === named ? undefined : headerMismatch('Mcp-Name', 'disagrees with the body');
}

/**
 * A header value as text (2026-07-28, value encoding): plain, or `=?base64?...?=` around canonical base64 of UTF-8.
 * Undefined where the marker stands around anything else.
 */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text as a header value that `decodeHeaderValue` reads: encoded where it could not stand there as it is. */
export function encodeHeaderValue(text: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?');
  return plain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}
