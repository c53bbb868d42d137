import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { ask, callTool, postJson } from '../support/plain-http.ts';
import { refresh, type SignedIn, signIn } from '../support/signed-in.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { describeDeployed } from './nginx.ts';

describeDeployed('two nodes behind deploy/nginx.conf', () => {
  let cluster: Cluster;
  let ada: SignedIn;
  const jar = createCookieJar();
  beforeAll(async () => {
    cluster = await startCluster();
    ada = await signIn(cluster.url, { jar });
  });
  afterAll(() => cluster.close());

  const list = () => callTool(`${cluster.url}/notes/mcp`, ada.access, 'list_notes');

  /** A call that waits, and the first of what it says. */
  async function begin(): Promise<{ readonly first: string; rest(): Promise<string> }> {
    const answer = await fetch(`${cluster.url}/notes/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ada.access}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'wait', arguments: {}, _meta: { progressToken: 1 } },
      }),
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    const { value = '' } = await reader.read();
    return {
      first: value,
      async rest() {
        let text = '';
        for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
        return text;
      },
    };
  }

  it('XM-01 signs in, calls and refreshes over https, by turns at both nodes', async () => {
    for (let turn = 0; turn < 4; turn++) expect((await list()).status).toBe(200);
    const next = await refresh(cluster.url, ada.client, ada.refresh);
    expect(next.status).toBe(200);
    ada = { ...ada, access: String(next.body.access_token), refresh: String(next.body.refresh_token) };
    const asked = await cluster.nginx.asked();
    const shares = cluster.nodes.map(({ port }) => asked.filter((node) => node === port).length);
    expect(Math.abs((shares[0] ?? 0) - (shares[1] ?? 0))).toBeLessThan(3);
    expect(shares[0]).toBeGreaterThan(4);
  });

  it('MD-05 publishes the https URLs alone, whatever a client says about itself', async () => {
    const { url } = cluster;
    const forged = {
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-for': '1.2.3.4',
      forwarded: 'for=1.2.3.4;host=evil.test',
    };
    for (const headers of [{}, forged]) {
      const refused = await postJson(`${url}/notes/mcp`, {}, headers);
      const metadata = `${url}/.well-known/oauth-protected-resource/notes/mcp`;
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${metadata}"`);
      const { body } = await ask(metadata, { headers });
      expect(body).toMatchObject({ resource: `${url}/notes/mcp`, authorization_servers: [url] });
      const server = await ask(`${url}/.well-known/oauth-authorization-server`, { headers });
      expect(server.body).toMatchObject({ issuer: url, token_endpoint: `${url}/token` });
      expect(server.text).not.toMatch(/evil|http:/);
    }
  });

  it('DS-12 tells the nodes one address, the one that nginx sees', async () => {
    const { body } = await ask(`${cluster.url}/seen`, {
      headers: { 'x-forwarded-for': '1.2.3.4, 5.6.7.8', 'x-forwarded-host': 'evil.test', forwarded: 'for=1.2.3.4' },
    });
    expect(body.ip).toBe('127.0.0.1');
    expect(body.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' });
    expect(body.headers).not.toHaveProperty('x-forwarded-host');
    expect(body.headers).not.toHaveProperty('forwarded');
  });

  it('passes each event on before the call has ended', async () => {
    const call = await begin();
    expect(call.first).toContain('notifications/progress');
    for (const { child } of cluster.nodes) child.write('go\n');
    expect(await call.rest()).toContain('waited');
  });

  it('BH-15 lets no other spelling of the path reach a handler', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_notes' } });
    const send = async (path: string) => {
      const head = [
        `POST ${path} HTTP/1.1`,
        `Host: localhost:${cluster.port}`,
        'Connection: close',
        `Authorization: Bearer ${ada.access}`,
        'Content-Type: application/json',
        'Accept: application/json, text/event-stream',
        `Content-Length: ${body.length}`,
      ];
      const answer = await cluster.sendRaw(`${head.join('\r\n')}\r\n\r\n${body}`);
      return Number(answer.split(' ')[1]);
    };
    expect(await send('/notes/mcp')).toBe(200);
    const tricks = [
      '/NOTES/MCP',
      '/notes/MCP',
      '/notes/mcp/',
      '/notes//mcp',
      '//notes/mcp',
      '/notes/./mcp',
      '/notes/mcp/../mcp',
      '/x/../notes/mcp',
      '/notes/%6dcp',
      '/notes/mcp%2f',
      '/notes/mcp%3F/x',
      '/notes/mcp;x',
      '/notes\\mcp',
      `https://localhost:${cluster.port}/notes/mcp`,
    ];
    for (const path of tricks) expect([path, [400, 404].includes(await send(path))]).toEqual([path, true]);
  });

  it('answers by no other name, sends plain http to https, and keeps readiness to itself', async () => {
    await expect(cluster.sendRaw('GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n', 'evil.test')).rejects.toThrow(
      /unrecognized name|handshake|socket/i,
    );
    const misnamed = await cluster.sendRaw('GET /jwks HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n');
    expect(misnamed).toMatch(/^HTTP\/1\.1 421 /);
    const plain = await ask(`http://127.0.0.1:${cluster.plainPort}/notes/mcp?x=1`);
    expect([plain.status, plain.headers.get('location')]).toEqual([308, `${cluster.url}/notes/mcp?x=1`]);
    expect((await ask(`${cluster.url}/readyz`)).status).toBe(404);
    expect((await ask(`${cluster.url}/healthz`)).status).toBe(200);
  });

  it('DS-01 takes the largest message, and refuses a larger one in words that a client can read', async () => {
    const padded = (size: number) =>
      postJson(`${cluster.url}/notes/mcp`, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }).padEnd(size), {
        authorization: `Bearer ${ada.access}`,
        accept: 'application/json, text/event-stream',
      });
    expect((await padded(4_194_304)).status).toBe(200);
    expect(await padded(4_194_305)).toMatchObject({ status: 413, body: { error: 'invalid_request' } });
  });

  it('F06 drops no call while both nodes restart, one after the other, under a stream of calls', {
    timeout: 60_000,
  }, async () => {
    let over = false;
    const statuses: number[] = [];
    const caller = async () => {
      while (!over) statuses.push((await list()).status);
    };
    const callers = Array.from({ length: 8 }, caller);
    for (const node of cluster.nodes) {
      const slow = await Promise.all(Array.from({ length: 6 }, begin));
      await cluster.nginx.takeOut(node.name);
      node.child.signal('SIGTERM');
      await node.child.next(/"event":"listener_closed"/);
      for (const { child } of cluster.nodes) child.write('go\n');
      for (const call of slow) expect(await call.rest()).toContain('waited');
      expect(await node.child.exit).toBe(0);
      await cluster.restart(node);
      await cluster.nginx.putBack(node.name);
    }
    over = true;
    await Promise.all(callers);
    expect(statuses.length).toBeGreaterThan(50);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('says 503, and nothing about the token, while there is no node', async () => {
    for (const node of cluster.nodes) {
      node.child.signal('SIGTERM');
      await node.child.exit;
    }
    const answer = await list();
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect([answer.headers.get('retry-after'), answer.headers.has('www-authenticate')]).toEqual(['5', false]);
    await Promise.all(cluster.nodes.map(cluster.restart));
    expect((await list()).status).toBe(200);
  });
});
