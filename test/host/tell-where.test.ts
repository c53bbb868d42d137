import { expect, it, onTestFinished } from 'vitest';
import { local } from '../../providers/local.ts';
import { createHost } from '../../src/host/create-host.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { createLog } from '../../src/observe/log.ts';
import { freePort } from '../support/free-port.ts';

const hello = () => defineServer({ name: 'hello', version: '1' });

/** What a host logs that listens on a free port while it is published under `publicUrl`. */
async function told(publicUrl: (port: number) => string) {
  const port = await freePort();
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const host = createHost({ auth: local(), storeUrl: 'memory:', publicUrl: publicUrl(port), log, shutdownGrace: 0 });
  onTestFinished(async () => void (await host.close()));
  await host.mount('/hello', hello()).listen(port, 'localhost');
  return { port, events: lines.filter(({ event }) => event === 'listening' || event === 'published_elsewhere') };
}

it('a host that listens tells where, and what it is published as', async () => {
  const { port, events } = await told((own) => `http://localhost:${own}`);
  const publicUrl = `http://localhost:${port}/`;
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ event: 'listening', port, publicUrl, mounts: `${publicUrl}hello/mcp` });
});

it('a host that is published at another port of this machine warns, and at an address elsewhere does not', async () => {
  const { events } = await told(() => 'http://localhost:1');
  expect(events.map(({ event }) => event)).toEqual(['listening', 'published_elsewhere']);
  expect(events[1]?.advice).toContain('PUBLIC_URL');
  expect((await told(() => 'https://mcp.example.com')).events).toHaveLength(1);
});
