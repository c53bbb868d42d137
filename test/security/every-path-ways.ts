import { legacy, modern, type Sent } from '../mcp/callers.ts';
import type { Vault } from './every-path-servers.ts';

/** What a way to an item came to. */
export interface Came {
  readonly status: number;
  /** The scopes that the challenge names. */
  readonly scope: string | undefined;
  readonly body: {
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly code: number };
  };
  readonly sessionId: string | undefined;
  readonly text: string;
}

/** One message about one item. */
export interface About {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** Every message that is about one of the items. */
export function messagesAbout({ tool, prompt, fixed, each, template, subscribe }: Vault): readonly About[] {
  const uris = [fixed, each].filter((uri) => uri !== undefined);
  const complete = (ref: object, name: string) => ({
    method: 'completion/complete',
    params: { ref, argument: { name, value: '' } },
  });
  return [
    { method: 'tools/call', params: { name: tool, arguments: {} } },
    ...(prompt === undefined
      ? []
      : [{ method: 'prompts/get', params: { name: prompt } }, complete({ type: 'ref/prompt', name: prompt }, 'of')]),
    ...(template === undefined ? [] : [complete({ type: 'ref/resource', uri: template }, 'id')]),
    ...uris.map((uri) => ({ method: 'resources/read', params: { uri } })),
    ...(subscribe !== true
      ? []
      : uris.flatMap((uri) => [
          { method: 'resources/subscribe', params: { uri } },
          { method: 'resources/unsubscribe', params: { uri } },
          { method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: [uri] } } },
          {
            method: 'subscriptions/listen',
            params: { notifications: { resourceSubscriptions: ['vault://none', uri] } },
          },
        ])),
  ];
}

/** Sends a web request as the holder of `token`. */
export type Send = (mount: string, token: string, sent: Sent & { readonly path?: string }) => Promise<Came>;

/** The last message of an answer, or what has come of a stream that goes on. */
async function readAnswer(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/^data: \S.*\n/m.test(text)) {
    const { done, value = '' } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  return /^data: (\S.*)$/m.exec(text)?.[1] ?? '';
}

/** Sends over HTTP to the endpoint of a mount. */
export const sendTo =
  (endpoint: (mount: string) => string): Send =>
  async (mount, token, { path = '', httpMethod = 'POST', message, headers }) => {
    const response = await fetch(endpoint(mount) + path, {
      method: httpMethod,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(message !== undefined && { body: JSON.stringify(message) }),
    });
    const text = await readAnswer(response);
    return {
      status: response.status,
      scope: /scope="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1],
      sessionId: response.headers.get('mcp-session-id') ?? undefined,
      body: text.startsWith('{') ? JSON.parse(text) : {},
      text,
    };
  };
/** A way to send a message. `runs`: it is answered as a request; else it is taken and comes to nothing. */
export interface Way {
  readonly name: string;
  readonly runs: boolean;
  /** Undefined for a message that cannot be sent so. */
  send(mount: string, token: string, about: About): Promise<Came> | undefined;
}

const OF_SESSIONS = /^resources\/(un)?subscribe$/;

/** All ways of the protocol's two eras, and plain REST. */
export function waysOver(send: Send, session: Session): readonly Way[] {
  const asNotification = ({ message, headers }: Sent): Sent => {
    const { id: _, ...rest } = message as { readonly id: unknown };
    return { message: rest, headers };
  };
  return [
    {
      name: 'a request of 2026-07-28',
      runs: true,
      send: (mount, token, { method, params }) =>
        OF_SESSIONS.test(method) ? undefined : send(mount, token, modern(method, params)),
    },
    {
      name: 'a request of 2025-11-25',
      runs: true,
      send: (mount, token, { method, params }) =>
        OF_SESSIONS.test(method) || method === 'subscriptions/listen'
          ? undefined
          : send(mount, token, legacy(method, params)),
    },
    {
      name: 'a request in a session',
      runs: true,
      send: (mount, token, { method, params }) =>
        method === 'subscriptions/listen'
          ? undefined
          : session(mount, token).then((header) => send(mount, token, legacy(method, params, header))),
    },
    {
      name: 'a notification of 2026-07-28',
      runs: false,
      send: (mount, token, { method, params }) => send(mount, token, asNotification(modern(method, params))),
    },
    {
      name: 'a notification of 2025-11-25',
      runs: false,
      send: (mount, token, { method, params }) => send(mount, token, asNotification(legacy(method, params))),
    },
    { name: 'plain REST', runs: true, send: (mount, token, about) => rest(send, mount, token, about) },
    { name: 'plain REST, by path', runs: true, send: (mount, token, about) => byPath(send, mount, token, about) },
  ];
}

/** The header of the session that the holder of `token` has at a mount. */
export type Session = (mount: string, token: string) => Promise<Record<string, string>>;

/** Opens one for each when it is first asked for. */
export function sessionsOver(send: Send): Session {
  const opened = new Map<string, ReturnType<Session>>();
  const open: Session = async (mount, token) => {
    const clientInfo = { name: 'test', version: '1' };
    const opening = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const { sessionId } = await send(mount, token, legacy('initialize', opening));
    if (sessionId === undefined) throw new Error(`${mount} opens no session.`);
    return { 'mcp-session-id': sessionId };
  };
  return (mount, token) => {
    const key = `${mount} ${token}`;
    const session = opened.get(key) ?? open(mount, token);
    opened.set(key, session);
    return session;
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

function rest(send: Send, mount: string, token: string, { method, params }: About): Promise<Came> | undefined {
  if (method === 'tools/call') return send(mount, token, { path: '/call', message: params, headers: JSON_BODY });
  if (method === 'prompts/get')
    return send(mount, token, { path: '/prompts/get', message: params, headers: JSON_BODY });
  if (method !== 'resources/read') return undefined;
  const path = `/resources/read?uri=${encodeURIComponent(String(params.uri))}`;
  return send(mount, token, { path, httpMethod: 'GET', message: undefined, headers: {} });
}

const byPath = (send: Send, mount: string, token: string, { method, params }: About): Promise<Came> | undefined =>
  method === 'tools/call'
    ? send(mount, token, { path: `/tools/${params.name}`, message: params.arguments, headers: JSON_BODY })
    : undefined;
