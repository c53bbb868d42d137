import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { CALLED } from './same-tool.ts';

/** Which protocol the calls speak: `initialize` clients of 2025, or stateless ones of 2026. */
export type Era = '2025-11-25' | '2026-07-28';

/** A server that is up, and the token to call it with. */
export interface Target {
  readonly url: string;
  readonly token: string;
}

/** What one load brought: how many calls, how many a second, and their latencies in milliseconds. */
export interface Load {
  readonly calls: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

const CONNECTIONS = 10;

/** Calls the tool once. Throws where the answer is not the text that was sent. */
export async function callOnce({ url, token }: Target, era: Era): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: callHeaders(token, era), body: callBody(era) });
  const said = await answer.text();
  if (!answer.ok || !said.includes('"text":"hello"')) throw new Error(`${url} answered ${answer.status}: ${said}`);
}

/** Calls the tool for `seconds` over kept connections, from a process of its own. Throws if any call fails. */
export async function load({ url, token }: Target, era: Era, seconds: number): Promise<Load> {
  const autocannon = createRequire(import.meta.url).resolve('autocannon');
  const flags = ['--json', '-c', `${CONNECTIONS}`, '-d', `${seconds}`, '-m', 'POST', '-b', callBody(era)];
  const named = Object.entries(callHeaders(token, era)).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const child = spawn(process.execPath, [autocannon, ...flags, ...named, url], { stdio: ['ignore', 'pipe', 'ignore'] });
  const result = JSON.parse(await text(child.stdout)) as Report;
  if (result.errors + result.non2xx > 0) throw new Error(`${result.errors + result.non2xx} calls of ${url} failed.`);
  const { '2xx': calls, duration, latency } = result;
  return { calls, rate: calls / duration, p50: latency.p50, p99: latency.p99 };
}

/** The part of autocannon's report that is read. */
interface Report {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** The headers of a call. */
export const callHeaders = (token: string, era: Era): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': era,
  ...(era === '2026-07-28' ? { 'mcp-method': 'tools/call', 'mcp-name': CALLED } : {}),
});

/** The message of a call. */
export function callBody(era: Era): string {
  const prefix = 'io.modelcontextprotocol/';
  const envelope = {
    [`${prefix}protocolVersion`]: era,
    [`${prefix}clientInfo`]: { name: 'bench', version: '1.0.0' },
    [`${prefix}clientCapabilities`]: {},
  };
  const params = { name: CALLED, arguments: { text: 'hello' }, ...(era === '2026-07-28' ? { _meta: envelope } : {}) };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
}
