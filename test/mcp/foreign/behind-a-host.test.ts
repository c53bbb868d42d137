import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/index.ts';
import { fixedHeaders, type PolicyOptions, remote } from '../../../src/mcp/remote/index.ts';
import { type KeyedHost, startKeyedHost } from '../../support/keyed-host.ts';
import { connectCaller } from './callers.ts';
import { type FarServer, modernServer } from './far-servers.ts';
import { serverV1, serverV2 } from './sdk-servers.ts';

const policy: PolicyOptions = {
  scopes: { 'notes:write': { description: 'Write', implies: ['notes:read'] } },
  rules: [
    { name: ['add', 'env', 'routed'], scopes: ['notes:read'] },
    { name: 'work', scopes: ['notes:write'] },
  ],
};

/** A server of 2026-07-28 with a tool whose argument is repeated in a header. */
function routed() {
  const server = serverV2();
  const region = z.string().meta({ 'x-mcp-header': 'Region' });
  server.registerTool('routed', { inputSchema: z.object({ region }) }, (input) => ({
    content: [{ type: 'text', text: input.region }],
  }));
  return server;
}

describe('servers of others behind a whole host', () => {
  let far: FarServer;
  let keyed: KeyedHost;
  let closed = false;
  const at = (path: string) => new URL(`${keyed.url}${path}/mcp`);
  beforeAll(async () => {
    far = await modernServer(routed);
    const program = {
      command: process.execPath,
      args: [fileURLToPath(new URL('stdio-v1.ts', import.meta.url))],
      env: { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    };
    const joined = defineServer({ name: 'joined', version: '1' }).mount(
      'v1',
      fromSdk(serverV1(), { name: 'v1', policy }),
    );
    keyed = await startKeyedHost((host) => {
      host.mount('/far', remote(far.url, { name: 'far', policy, credentials: fixedHeaders({ 'x-api-key': 'ours' }) }));
      host.mount('/away', remote('http://127.0.0.1:1/mcp', { name: 'away', policy }));
      host.mount('/program', remote(program, { name: 'program', policy, protocol: '2025-11-25' }));
      host.mount('/joined', joined);
    });
  });
  afterAll(async () => {
    if (!closed) await keyed.close();
    await far.close();
  });

  it('publish every scope of their policy, also while nobody can reach them', async () => {
    const document = await fetch(`${keyed.url}/.well-known/oauth-protected-resource/away/mcp`);
    expect(await document.json()).toMatchObject({ scopes_supported: ['notes:write', 'notes:read'] });
    const reader = await connectCaller(at('/away'), 'reader', 'auto');
    expect((await reader.client.listTools()).tools).toEqual([]);
    await reader.close();
  });

  it('answer for their own credentials: 503 with Retry-After and no challenge, whatever they say to us', async () => {
    const reader = await connectCaller(at('/far'), 'reader', 'auto');
    expect(await reader.call('add', { a: 1, b: 2 })).toBe('3');
    far.before = (_, response) =>
      void response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add', arguments: { a: 1, b: 2 } } };
    const headers = {
      authorization: 'Bearer reader',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const answer = await fetch(at('/far'), { method: 'POST', headers, body: JSON.stringify(message) });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([503, null]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(keyed.logged.join('')).toContain('foreign_refused_our_credentials');
    far.before = undefined;
    await reader.close();
  });

  it('are told arguments in headers where their tools ask for that, and callers must agree with the body', async () => {
    const reader = await connectCaller(at('/far'), 'reader', 'auto');
    far.seen.length = 0;
    await reader.client.listTools();
    expect(await reader.call('routed', { region: 'Zürich' })).toBe('Zürich');
    expect(far.seen.map((sent) => sent['mcp-param-region'])).toEqual(['=?base64?WsO8cmljaA==?=']);
    await reader.close();
  });

  it('ask for the scopes of the tool: the challenge names them, and nothing ran', async () => {
    const reader = await connectCaller(at('/far'), 'reader', 'auto');
    await expect(reader.call('work')).rejects.toMatchObject({ requiredScope: 'notes:write' });
    const writer = await connectCaller(at('/far'), 'writer', 'auto');
    expect(await writer.call('work')).toBe('done');
    await Promise.all([reader.close(), writer.close()]);
  });

  it('can be part of a server of ours', async () => {
    const writer = await connectCaller(at('/joined'), 'writer', 'auto');
    expect((await writer.client.listTools()).tools.map(({ name }) => name)).toEqual(['v1_add', 'v1_work']);
    expect(await writer.call('v1_add', { a: 1, b: 2 })).toBe('3');
    expect(await writer.call('v1_work')).toBe('done');
    await writer.close();
  });

  it('show no token, key or code in the log, and end with the host', async () => {
    const reader = await connectCaller(at('/program'), 'reader', 'auto');
    const { pid } = JSON.parse(await reader.call('env'));
    await reader.close();
    closed = true;
    await keyed.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(keyed.logged.join('')).not.toContain('ours');
  });
});
