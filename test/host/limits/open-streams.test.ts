import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Unavailable } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createLimits } from '../../../src/host/limits/limits.ts';
import { openStreams } from '../../../src/host/limits/open-streams.ts';
import { mcpRoute } from '../../../src/host/mcp-route.ts';
import type { Endpoint } from '../../../src/mcp/endpoint.ts';
import { wordTokens } from '../../support/keyed-host.ts';

describe('DS-04 streams that are open at once', () => {
  it('DS-04 are limited for each caller, and an ended one makes room', () => {
    const streams = openStreams(2);
    const first = streams.open('ada');
    expect([typeof first, typeof streams.open('ada'), streams.open('ada')]).toEqual([
      'function',
      'function',
      undefined,
    ]);
    expect(streams.open('grace')).toBeTypeOf('function');
    first?.();
    first?.();
    expect([typeof streams.open('ada'), streams.open('ada')]).toEqual(['function', undefined]);
  });

  it('DS-04 are limited in all: 503, and room again for anybody', () => {
    const streams = openStreams(2, 3);
    const ends = ['ada', 'ada', 'grace'].map((caller) => streams.open(caller));
    expect(() => streams.open('machine')).toThrow(Unavailable);
    ends[2]?.();
    expect(streams.open('machine')).toBeTypeOf('function');
  });
});

describe('DS-04 a route whose streams stay open', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** An endpoint that opens a stream for whatever it is asked, until the caller goes. */
  const streaming: Endpoint = {
    version: '1.0.0',
    httpMethods: ['POST'],
    inspect: () => ({
      kind: 'needs',
      scopes: [],
      endless: true,
      limited: undefined,
      serve: async () =>
        new Response(
          new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(': open\n\n')) }),
          {
            headers: { 'content-type': 'text/event-stream' },
          },
        ),
    }),
    endStreams: async () => undefined,
    close: async () => undefined,
  };

  it('DS-04 answers 429 beyond what a caller may have, serves others, and has room when one has gone', async () => {
    const config = readConfig({ streamLimit: 2 }, {});
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const route = mcpRoute({
      resource: { uri: url, name: 'streams', scopes: new Map(), defaultScopes: [] },
      metadataUrl: `${url}/metadata`,
      endpoint: streaming,
      verifier: wordTokens().verifier({
        clock: () => 0,
        log: silentLog,
        fetch,
        publicUrl: url,
        production: false,
        maxStale: 0,
      }),
      limits: (await createLimits(config, silentLog)).mcp,
      bodyLimit: 1024,
      clock: systemClock,
      log: silentLog,
      acceptsOrigin: () => true,
      reach: async () => () => true,
      upstream: () => Promise.reject(new Error('There is none.')),
      whenEnded: () => () => undefined,
    });
    server.on('request', express().use(route));
    const open = (token: string, abort = new AbortController()) =>
      fetch(url, {
        method: 'POST',
        signal: abort.signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'subscriptions/listen' }),
      });
    const first = new AbortController();
    expect([(await open('reader', first)).status, (await open('reader')).status]).toEqual([200, 200]);
    const refused = await open('reader');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toMatchObject({ id: 7, error: { code: -32000 } });
    expect((await open('writer')).status).toBe(200);
    first.abort();
    await expect.poll(async () => (await open('reader')).status).toBe(200);
  });
});
