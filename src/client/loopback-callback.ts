import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PATH = '/callback';

/** A listener on this machine that an authorization server can send the browser back to (RFC 8252 §7.3). */
export interface LoopbackCallback {
  /** `http://127.0.0.1:<free port>/callback`. */
  readonly redirectUri: string;
  /** The parameters of the first answer that carries `state`; any other is refused. Rejects once closed. */
  expect(state: string): Promise<URLSearchParams>;
  close(): Promise<void>;
}

type Waiting = Map<string, PromiseWithResolvers<URLSearchParams>>;

/** Listens on a free port of 127.0.0.1, for answers that were announced with `expect` and no others. */
export async function listenForCallback(): Promise<LoopbackCallback> {
  const waiting: Waiting = new Map();
  const server = createServer((request, response) => answer(request, response, waiting));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}${PATH}`,
    expect(state) {
      const arrival = Promise.withResolvers<URLSearchParams>();
      // Closing rejects it, also where nobody has come to wait for it yet.
      arrival.promise.catch(() => undefined);
      waiting.set(state, arrival);
      return arrival.promise;
    },
    close: () =>
      new Promise((resolve) => {
        for (const { reject } of waiting.values()) reject(new Error('The sign-in was abandoned before it came back.'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, waiting: Waiting): void {
  const { pathname, searchParams } = new URL(`http://127.0.0.1${request.url ?? '/'}`);
  const state = onlyValue(searchParams, 'state') ?? '';
  const arrival = waiting.get(state);
  if (pathname !== PATH) show(response, 404, 'Nothing is here.');
  else if (request.method !== 'GET') show(response, 405, 'Only GET is answered here.');
  else if (arrival === undefined || searchParams.getAll('code').length > 1) {
    show(response, 400, 'This answer belongs to no sign-in under way. Start again from the terminal.');
  } else {
    waiting.delete(state);
    const outcome = searchParams.has('code') ? 'You are signed in.' : 'The sign-in was not completed.';
    show(response, 200, outcome, 'Go back to the terminal.');
    arrival.resolve(searchParams);
  }
}

function onlyValue(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = parameters.getAll(name);
  return more.length === 0 ? value : undefined;
}

/** Fixed words only: nothing of the request comes back on the page. */
function show(response: ServerResponse, status: number, ...lines: readonly string[]): void {
  const style =
    'body{font:18px/1.5 system-ui,sans-serif;max-width:30rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}';
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      connection: 'close',
    })
    .end(
      `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>${lines[0]}</title>` +
        `<style>${style}</style>${lines.map((line) => `<p>${line}</p>`).join('')}</html>`,
    );
}
