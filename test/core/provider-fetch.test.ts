import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { providerFetch } from '../../src/core/provider-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

test('an answer comes with its status, headers and body, whatever the status', async () => {
  const url = await start((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
  });
  const response = await providerFetch(fetch)(url);

  expect(response.status).toBe(401);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ error: 'invalid_client' });
  await expect(providerFetch(fetch)(`${url}`, { method: 'HEAD' })).resolves.toMatchObject({ status: 401 });
});

test('a redirect is handed over and not followed', async () => {
  let asked = 0;
  const url = await start((_request, response) => {
    asked += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });

  expect((await providerFetch(fetch)(url)).status).toBe(302);
  expect(asked).toBe(1);
});

test('a body over the limit, a server that stalls and one that is gone are Unavailable', async () => {
  const url = await start((request, response) => {
    if (request.url === '/large') response.end('x'.repeat(2000));
    else if (request.url === '/stalls') response.write('{');
    else response.end('x'.repeat(1000));
  });
  const limited = providerFetch(fetch, { maxBytes: 1000, timeoutMs: 1000 });

  await expect(limited(`${url}/large`)).rejects.toMatchObject({ reason: 'provider_answer_too_large' });
  await expect(limited(`${url}/stalls`)).rejects.toMatchObject({ reason: 'provider_timed_out' });
  expect(await (await limited(url)).text()).toHaveLength(1000);
  await expect(limited('http://localhost:1')).rejects.toMatchObject({ reason: 'provider_unreachable', status: 503 });
});

test('beyond the number at once the next is refused, and taken again when there is room', async () => {
  const waiting: (() => void)[] = [];
  const url = await start((_request, response) => void waiting.push(() => response.end('done')));
  const limited = providerFetch(fetch, { maxConcurrent: 1 });
  const first = limited(url);

  await expect(limited(url)).rejects.toMatchObject({ reason: 'provider_busy', status: 503 });
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.();
  expect(await (await first).text()).toBe('done');
  const second = limited(url);
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]?.();
  expect((await second).status).toBe(200);
});
