/** An answer, read to its end. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** One request, redirects not followed. */
export async function ask(url: string | URL, init: RequestInit = {}): Promise<PlainAnswer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: objectOf(text) };
}

/** Posts a form; a name may come more than once. */
export const postForm = (url: string, fields: Fields, headers: Readonly<Record<string, string>> = {}) =>
  ask(url, { method: 'POST', body: new URLSearchParams(entriesOf(fields)), headers });

/** Posts JSON; a text goes as it is. */
export const postJson = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  ask(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

/** One MCP message to an endpoint, as a client of the 2025 protocol sends it. */
export const postMessage = (
  endpoint: string,
  token: string,
  message: object,
  more: Readonly<Record<string, string>> = {},
) =>
  postJson(
    endpoint,
    { jsonrpc: '2.0', id: 1, ...message },
    {
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...more,
    },
  );

/** Calls a tool. */
export const callTool = (endpoint: string, token: string, name: string, input: object = {}): Promise<PlainAnswer> =>
  postMessage(endpoint, token, { method: 'tools/call', params: { name, arguments: input } });

/** HTTP Basic of a client (RFC 6749 §2.3.1). */
export const basic = (id: string, secret: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

const entriesOf = (fields: Fields): [string, string][] =>
  (Array.isArray(fields) ? fields : Object.entries(fields)).map(([name, value]): [string, string] => [name, value]);

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
