import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { certificateAuthority } from '../core/safe-fetch-certificate.ts';
import { freePort } from '../support/free-port.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { postMessage } from '../support/plain-http.ts';
import { describeDeployed, type RunningNginx, startNginx } from './nginx.ts';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/sessions.md'), 'utf8');
const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

describeDeployed('sessions on two nodes behind nginx', () => {
  let nodes: readonly [KeyedHost, KeyedHost];
  let nginx: { readonly fair: RunningNginx; readonly sticky: RunningNginx };
  const urls = { fair: '', sticky: '' };
  beforeAll(async () => {
    const authority = certificateAuthority();
    setDefaultCACertificates([authority.cert]);
    const certificate = authority.certify({ commonName: 'localhost', names: ['localhost'] });
    const port = await freePort();
    const node = () =>
      startKeyedHost(
        (host) => {
          const server = defineServer({ name: 's', version: '1', sessions: true });
          host.mount(
            '/s',
            server.tool('t', { description: 'T', scopes: [] }, () => 'done'),
          );
        },
        { publicUrl: `https://localhost:${port}`, trustProxyHops: 1 },
      );
    nodes = [await node(), await node()];
    const [line = ''] = /hash \$http_authorization consistent;/.exec(GUIDE) ?? [];
    const start = async (way: 'fair' | 'sticky', at: number) => {
      urls[way] = `https://localhost:${at}/s/mcp`;
      return startNginx({
        port: at,
        plainPort: await freePort(),
        nodes: [nodes[0].port, nodes[1].port],
        certificate,
        change: (text) => {
          // Both answer to the name that the nodes are published under.
          const named = text.replace('proxy_set_header Host $http_host', `proxy_set_header Host localhost:${port}`);
          return way === 'fair' ? named : named.replace('zone gatehouse 64k;', `zone gatehouse 64k; ${line}`);
        },
      });
    };
    nginx = { fair: await start('fair', await freePort()), sticky: await start('sticky', port) };
  });
  afterAll(async () => {
    await Promise.all(Object.values(nginx).map((each) => each.stop()));
    await Promise.all(nodes.map((node) => node.close()));
  });

  /** The statuses of ten calls of a session that each of two callers has opened. */
  async function statuses(url: string): Promise<readonly number[]> {
    const seen: number[] = [];
    for (const token of ['reader', 'writer']) {
      const opened = await postMessage(url, token, INITIALIZE);
      const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
      for (let turn = 0; turn < 5; turn++) {
        seen.push((await postMessage(url, token, { method: 'tools/call', params: { name: 't' } }, session)).status);
      }
    }
    return seen;
  }

  it('XM-05 are found at their node alone: by turns half of the calls are 404, by the token none is', async () => {
    expect(new Set(await statuses(urls.fair))).toEqual(new Set([200, 404]));
    expect(new Set(await statuses(urls.sticky))).toEqual(new Set([200]));
  });
});
