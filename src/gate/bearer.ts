import { InvalidRequest, InvalidToken } from '../core/errors.ts';

/** The parts of an HTTP request that may carry an access token. */
export interface BearerRequest {
  /** Names and values in turn, as received (Node's `rawHeaders`): repeated lines must stay visible. */
  readonly rawHeaders: readonly string[];
  /** The request target, query included. */
  readonly url: string;
}

/** Longest token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** RFC 9110 §11.1: the scheme is a token. */
const SCHEME = /^[!#$%&'*+.^_`|~\w-]+/;
/** RFC 6750 §2.1: b64token. The two classes are disjoint, so matching is linear. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** How an access token may be shown: by whoever holds it (RFC 6750), or with the proof of a key (RFC 9449 §7.1). */
export type TokenScheme = 'bearer' | 'dpop';

/**
 * The token that a request shows under a scheme (RFC 6750 §2.1), or undefined where there is none or the scheme is another.
 * A token in the query alone is no credentials. Throws `InvalidRequest` when it is unclear which credentials are
 * meant, and `InvalidToken` for a token that is empty, ill-formed or longer than `MAX_TOKEN_LENGTH`.
 */
export function readBearer(request: BearerRequest, expected: TokenScheme = 'bearer'): string | undefined {
  const lines = authorizationLines(request.rawHeaders);
  if (lines.length > 1) throw new InvalidRequest('repeated_authorization_header');
  const line = trimmed(lines[0] ?? '');
  const scheme = SCHEME.exec(line)?.[0] ?? '';
  if (scheme.toLowerCase() !== expected) return undefined;
  if (hasQueryToken(request.url)) throw new InvalidRequest('token_in_header_and_query');
  return readToken(line.slice(scheme.length));
}

function readToken(afterScheme: string): string {
  if (afterScheme !== '' && !afterScheme.startsWith(' ')) throw new InvalidRequest('no_space_after_scheme');
  const token = trimmed(afterScheme);
  if (/[ \t,]/.test(token)) throw new InvalidRequest('words_after_token');
  if (token === '') throw new InvalidToken('empty_token');
  if (token.length > MAX_TOKEN_LENGTH) throw new InvalidToken('token_too_long');
  if (!B64TOKEN.test(token)) throw new InvalidToken('ill_formed_token');
  return token;
}

function authorizationLines(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization');
}

function hasQueryToken(url: string): boolean {
  const mark = url.indexOf('?');
  return mark >= 0 && new URLSearchParams(url.slice(mark + 1)).has('access_token');
}

/** Without spaces and tabs around (RFC 9110 §5.5). `trim` would also drop U+00A0, which is a wrong byte here. */
function trimmed(text: string): string {
  const blank = (index: number) => text[index] === ' ' || text[index] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && blank(start)) start += 1;
  while (end > start && blank(end - 1)) end -= 1;
  return text.slice(start, end);
}
