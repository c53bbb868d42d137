import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import {
  type AddressInfo,
  connect as connectSocket,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FetchFailed, type SafeFetchOptions, safeFetch } from '../../src/core/safe-fetch.ts';
import { type Certified, certificateAuthority } from './safe-fetch-certificate.ts';

const PUBLIC = '1.1.1.1';
const authority = certificateAuthority();
const good = authority.certify({ commonName: 'c.test', names: ['c.test', 'localhost'] });

interface Far {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  readonly connections: () => number;
}

const open: Server[] = [];

async function listen(server: Server): Promise<Far> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return { port: (server.address() as AddressInfo).port, sockets, connections: () => connections };
}

const serve = (answer: RequestListener, certified: Certified = good): Promise<Far> =>
  listen(createServer({ key: certified.key, cert: certified.cert }, answer));

afterEach(async () => {
  const closing = open.splice(0).map((server) => new Promise((resolve) => server.close(resolve)));
  await Promise.all(closing);
});

/** Every name leads to a public address, and every public address to the far side of this test. */
const fetchFrom = (far: Far, options: SafeFetchOptions = {}) =>
  safeFetch({
    ca: authority.cert,
    resolve: async () => [PUBLIC],
    connect: () => connectSocket(far.port, '127.0.0.1'),
    ...options,
  });

async function failure(promise: Promise<unknown>): Promise<FetchFailed> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FetchFailed)) throw new Error(`expected FetchFailed, got ${String(error)}`);
  return error;
}

const closed = async (far: Far): Promise<void> => {
  for (const socket of [...far.sockets]) await new Promise((resolve) => socket.once('close', resolve));
  expect(far.sockets.size).toBe(0);
};

describe('safeFetch', () => {
  it('gets a document over TLS with the name of the URL as Host and SNI', async () => {
    const seen: unknown[] = [];
    const far = await serve((request, response) => {
      const { servername } = request.socket as Socket & { servername?: string };
      seen.push(request.method, request.url, servername, request.rawHeaders);
      response.setHeader('Content-Type', 'application/json').end('{"a":1}');
    });
    const answer = await fetchFrom(far)('https://c.test/client.json?v=1');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(Buffer.from(answer.body).toString()).toBe('{"a":1}');
    expect(seen.slice(0, 3)).toEqual(['GET', '/client.json?v=1', 'c.test']);
    expect(seen[3]).toEqual([
      ...['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'mcp-gatehouse'],
      ...['Host', 'c.test', 'Connection', 'close'],
    ]);
    await closed(far);
  });

  it('CI-01 asks no name server and opens no socket for a URL that is not allowed', async () => {
    const calls: string[] = [];
    const fetch = safeFetch({
      resolve: async (name) => {
        calls.push(name);
        return [PUBLIC];
      },
      connect: () => {
        throw new Error('connected');
      },
    });
    const error = await failure(fetch('https://127.0.0.1/client.json'));
    expect(error).toMatchObject({ reason: 'url_not_allowed', fault: 'refused' });
    expect(error.message).toBe('The URL names an IP address where a host name is needed.');
    expect(calls).toEqual([]);
  });

  it.each([
    ['CI-02', ['127.0.0.1']],
    ['CI-02', ['::ffff:7f00:1']],
    ['CI-02', ['64:ff9b::10.0.0.1']],
    ['CI-03', [PUBLIC, '10.0.0.1']],
    ['CI-03', ['10.0.0.1', PUBLIC]],
    ['CI-03', [...Array.from({ length: 999 }, () => PUBLIC), '169.254.169.254']],
    ['CI-03', []],
  ])('%s opens no socket when the name leads to %j', async (_row, addresses) => {
    const far = await serve((_request, response) => response.end('{}'));
    const error = await failure(fetchFrom(far, { resolve: async () => addresses })('https://c.test/x'));
    expect(error).toMatchObject({ reason: 'address_not_public', fault: 'refused' });
    expect(error.message).toBe('The host name of the URL leads to an address that is not public.');
    expect(far.connections()).toBe(0);
  });

  it('CI-04 looks the name up once and connects to what was checked, whatever the next answer would be', async () => {
    const far = await serve((_request, response) => response.end('{}'));
    const answers = [['1.1.1.1', '2606:4700::1111'], ['127.0.0.1']];
    const targets: unknown[] = [];
    const fetch = fetchFrom(far, {
      resolve: async () => answers.shift() ?? [],
      connect: (target) => {
        targets.push(target);
        return connectSocket(far.port, '127.0.0.1');
      },
    });
    expect((await fetch('https://c.test/x')).status).toBe(200);
    expect(targets).toEqual([{ addresses: ['1.1.1.1', '2606:4700::1111'], port: 443 }]);
    expect((await failure(fetch('https://c.test/x'))).reason).toBe('address_not_public');
    expect(far.connections()).toBe(1);
  });

  it.each([301, 302, 303, 307, 308])('CI-06 does not follow a %i redirect', async (status) => {
    const target = await serve((_request, response) => response.end('{}'));
    const far = await serve((_request, response) => {
      response.writeHead(status, { location: `https://c.test:${target.port}/other` }).end();
    });
    const error = await failure(fetchFrom(far)('https://c.test/x'));
    expect(error).toMatchObject({ reason: 'redirected', fault: 'unusable' });
    expect(target.connections()).toBe(0);
  });

  it('CI-07 stops at the limit, announced or not, and takes a body of exactly the limit', async () => {
    const far = await serve((request, response) => {
      if (request.url === '/announced') response.end('x'.repeat(5121));
      else if (request.url === '/endless') {
        const more = () => void (response.destroyed || response.write('x'.repeat(1024), () => setImmediate(more)));
        more();
      } else response.end('x'.repeat(5120));
    });
    const fetch = fetchFrom(far);
    for (const path of ['announced', 'endless']) {
      const error = await failure(fetch(`https://c.test/${path}`));
      expect(error).toMatchObject({ reason: 'too_large', fault: 'unusable' });
      expect(error.message).toBe('The far side answered with more than 5120 bytes.');
    }
    expect((await fetch('https://c.test/exact')).body.byteLength).toBe(5120);
    expect((await failure(fetch('https://c.test/exact', { maxBytes: 5119 }))).reason).toBe('too_large');
    await closed(far);
  });

  it.each(['gzip', 'br', 'zstd', 'gzip, identity'])('CI-07 refuses content encoding %s', async (coding) => {
    const far = await serve((_request, response) => response.setHeader('Content-Encoding', coding).end('xxxx'));
    const error = await failure(fetchFrom(far)('https://c.test/x'));
    expect(error).toMatchObject({ reason: 'encoded', fault: 'unusable' });
  });

  it.each([
    ['headers that never come', () => {}],
    ['a body that stalls', (_request, response) => void response.writeHead(200).write('{')],
  ] satisfies [string, RequestListener][])('CI-08 gives up on %s and closes the socket', async (_what, answer) => {
    const far = await serve(answer);
    const error = await failure(fetchFrom(far)('https://c.test/x', { timeoutMs: 150 }));
    expect(error).toMatchObject({ reason: 'timed_out', fault: 'unreachable' });
    expect(error.message).toBe('The far side did not answer in time.');
    await closed(far);
  });

  it('CI-08 gives up on a body that trickles, although every byte comes in time', async () => {
    const far = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect((await failure(fetchFrom(far)('https://c.test/x', { timeoutMs: 200 }))).reason).toBe('timed_out');
    await closed(far);
  });

  it('CI-08 gives up on a handshake that stalls and on a name server that does not answer', async () => {
    const far = await listen(createTcpServer((socket) => void socket.resume()));
    expect((await failure(fetchFrom(far)('https://c.test/x', { timeoutMs: 150 }))).reason).toBe('timed_out');
    await closed(far);
    const silent = fetchFrom(far, { resolve: () => new Promise(() => {}) });
    expect((await failure(silent('https://c.test/x', { timeoutMs: 50 }))).reason).toBe('timed_out');
  });

  it('tells trouble of the far side from a refusal', async () => {
    const far = await listen(createTcpServer((socket) => socket.destroy()));
    expect(await failure(fetchFrom(far)('https://c.test/x'))).toMatchObject({
      reason: 'connection_failed',
      fault: 'unreachable',
    });
    const nobody = await listen(createTcpServer());
    await new Promise((resolve) => open.pop()?.close(resolve));
    expect(await failure(fetchFrom(nobody)('https://c.test/x'))).toMatchObject({
      reason: 'connection_failed',
      fault: 'unreachable',
    });
    const unknown = fetchFrom(far, { resolve: async () => Promise.reject(new Error('ENOTFOUND')) });
    expect(await failure(unknown('https://c.test/x'))).toMatchObject({
      reason: 'name_not_resolved',
      fault: 'unreachable',
    });
  });

  it('calls a name that no server knows unreachable, not refused', async () => {
    expect((await failure(safeFetch()('https://nobody.invalid/x', { timeoutMs: 500 }))).fault).toBe('unreachable');
  });

  it('reports an answer that breaks off as trouble of the far side', async () => {
    const far = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('{', () => response.destroy());
    });
    expect((await failure(fetchFrom(far)('https://c.test/x'))).reason).toBe('connection_failed');
  });

  it.each([
    ['of another name', authority.certify({ commonName: 'd.test', names: ['d.test'] })],
    ['that has expired', authority.certify({ commonName: 'c.test', names: ['c.test'], validDays: -1 })],
    ['of an unknown authority', certificateAuthority().certify({ commonName: 'c.test', names: ['c.test'] })],
  ])('CI-24 sends no request to a server with a certificate %s', async (_what, certified) => {
    let requests = 0;
    const far = await serve((_request, response) => {
      requests += 1;
      response.end('{}');
    }, certified);
    const error = await failure(fetchFrom(far)('https://c.test/x'));
    expect(error).toMatchObject({ reason: 'tls_failed', fault: 'unreachable' });
    expect(error.message).toBe('The far side has no valid certificate for its name.');
    expect(requests).toBe(0);
  });

  it('CI-24 checks the certificate even where the environment turns the check off', async () => {
    const far = await serve((_request, response) => response.end('{}'));
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const fetch = fetchFrom(far, { ca: certificateAuthority().cert });
      expect((await failure(fetch('https://c.test/x'))).reason).toBe('tls_failed');
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  it('CI-24 refuses TLS below 1.2', async () => {
    const far = await listen(
      createServer({ ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    );
    expect((await failure(fetchFrom(far)('https://c.test/x'))).reason).toBe('tls_failed');
  });

  it('CI-16 limits what is under way to one host and in all, and frees the place afterwards', async () => {
    const waiting: (() => void)[] = [];
    const far = await serve((_request, response) => void waiting.push(() => response.end('{}')));
    const arrived = async (count: number) => {
      while (waiting.length < count) await new Promise(setImmediate);
    };
    const fetch = fetchFrom(far, { maxConcurrent: 2, maxConcurrentPerHost: 1 });
    const first = fetch('https://c.test/1');
    const error = await failure(fetch('https://c.test/2'));
    expect(error).toMatchObject({ reason: 'too_many_fetches', fault: 'busy' });
    const second = failure(fetch('https://d.test/1'));
    expect((await failure(fetch('https://e.test/1'))).reason).toBe('too_many_fetches');
    await arrived(1);
    for (const answer of waiting.splice(0)) answer();
    expect((await first).status).toBe(200);
    expect((await second).reason).toBe('tls_failed');
    const third = fetch('https://c.test/3');
    await arrived(1);
    for (const answer of waiting.splice(0)) answer();
    expect((await third).status).toBe(200);
  });

  it('reaches https://localhost on any port where loopback is allowed, and refuses it otherwise', async () => {
    const far = await serve((_request, response) => response.end('{}'));
    const url = `https://localhost:${far.port}/client.json`;
    expect((await safeFetch({ ca: authority.cert, allowLoopback: true })(url)).status).toBe(200);
    expect((await failure(safeFetch({ ca: authority.cert })(url))).reason).toBe('url_not_allowed');
    expect(far.connections()).toBe(1);
    await new Promise((resolve) => open.pop()?.close(resolve));
    const error = await failure(safeFetch({ ca: authority.cert, allowLoopback: true })(url));
    expect(error).toMatchObject({ reason: 'connection_failed', fault: 'unreachable' });
  });
});
