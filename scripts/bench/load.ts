import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { CALL, type Message } from './jobs.ts';

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

/** How long a turn is: in seconds, or in answers, of which there are some for certain however busy the machine is. */
export type Span = { readonly seconds: number } | { readonly answers: number };

const CONNECTIONS = 10;

/** Asks once. Throws where the answer is not the one that is expected. */
export async function askOnce({ url, token }: Target, era: Era, message: Message): Promise<void> {
  const headers = callHeaders(token, era, message);
  const answer = await fetch(url, { method: 'POST', headers, body: callBody(era, message) });
  const said = await answer.text();
  const { contains, lacks } = message;
  if (answer.ok && said.includes(contains) && !(lacks && said.includes(lacks))) return;
  throw new Error(`${url} answered ${answer.status}: ${said.slice(0, 2000)}`);
}

/** Asks for a while over kept connections, from a process of its own. Throws if any answer is none. */
export async function load({ url, token }: Target, era: Era, message: Message, span: Span): Promise<Load> {
  const autocannon = createRequire(import.meta.url).resolve('autocannon');
  const length = 'answers' in span ? ['-a', `${span.answers}`] : ['-d', `${span.seconds}`];
  const flags = ['--json', '-L', '100', '-c', `${CONNECTIONS}`, ...length, '-m', 'POST'];
  const named = Object.entries(callHeaders(token, era, message)).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const given = [autocannon, ...flags, '-b', callBody(era, message), ...named, url];
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'ignore'] });
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

/** The headers of a message. */
export function callHeaders(token: string, era: Era, { method, params }: Message = CALL): Record<string, string> {
  const name = params.name ?? params.uri;
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': era,
    ...(era === '2026-07-28' && { 'mcp-method': method, ...(name !== undefined && { 'mcp-name': `${name}` }) }),
  };
}

/** A message as it is sent. */
export function callBody(era: Era, { method, params }: Message = CALL): string {
  const prefix = 'io.modelcontextprotocol/';
  const envelope = {
    [`${prefix}protocolVersion`]: era,
    [`${prefix}clientInfo`]: { name: 'bench', version: '1.0.0' },
    [`${prefix}clientCapabilities`]: {},
  };
  const sent = { ...params, ...(era === '2026-07-28' && { _meta: envelope }) };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: sent });
}
