import { type ChildProcess, spawn } from 'node:child_process';
import {
  deserializeMessage,
  type JSONRPCMessage,
  type RequestId,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import type { TimeLimit } from '../foreign/time-limit.ts';
import { boundedLines } from './bounded-lines.ts';
import { unanswered } from './unanswered.ts';

/** A program that is a server, run without a shell. */
export interface Command {
  /** A path, or a name that is looked up in `PATH` of `env`. */
  readonly command: string;
  readonly args?: readonly string[];
  /** All that the program gets of an environment. Nothing of our own is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What becomes of its standard error: nothing (`ignore`, the default), or it goes to ours. */
  readonly stderr?: 'ignore' | 'inherit';
}

/** How long a program may take to end by itself, then by SIGTERM, in milliseconds. */
const PATIENCE = 2000;
const onWindows = process.platform === 'win32';

/**
 * A transport that runs a program and talks to it, a message a line. One of more than `maxBytes` is skipped, and the call that
 * it answers, as `limitOf` knows it, is stopped with Unavailable. Closing it ends the program.
 */
export function stdioTransport(
  { command, args = [], env = {}, cwd, stderr = 'ignore' }: Command,
  maxBytes: number,
  limitOf: (key: RequestId) => Pick<TimeLimit, 'stop'> | undefined,
): Transport {
  let child: ChildProcess | undefined;
  let exited: Promise<void> | undefined;
  const tell = (fault: string): void => transport.onerror?.(new Error(fault));
  const kill = (signal: NodeJS.Signals): void => {
    if (!signalGroup(child, signal)) tell(`The program may not be sent ${signal}.`);
  };
  const requests = unanswered({ limitOf, answer: (message) => transport.onmessage?.(message) });
  const readLine = (line: string): void => {
    const message = readMessage(line);
    if (message === undefined) tell('The program has sent a line that is no message.');
    else {
      requests.received(message);
      transport.onmessage?.(message);
    }
  };
  const skipLine = (head: string, tail: string): void => {
    tell(`The program has sent a line of more than ${maxBytes} bytes.`);
    requests.tooLarge(head, tail);
  };

  const transport: Transport = {
    start: () =>
      new Promise((resolve, reject) => {
        // A group of its own: what it starts ends with it.
        const started = spawn(command, [...args], { env, cwd, detached: !onWindows, stdio: ['pipe', 'pipe', stderr] });
        child = started;
        exited = new Promise((gone) => {
          started.once('close', () => {
            gone();
            transport.onclose?.();
          });
        });
        // What it has started and left behind would keep the line open.
        started.once('exit', () => kill('SIGKILL'));
        started.once('spawn', resolve);
        started.once('error', reject);
        started.stdin?.on('error', (error) => transport.onerror?.(error));
        started.stdout?.on('data', boundedLines(maxBytes, readLine, skipLine));
      }),
    send: (message, options) =>
      new Promise((resolve, reject) => {
        const stdin = child?.stdin;
        if (stdin?.writable !== true) return reject(new Error('The program has ended.'));
        requests.sent(message, options);
        stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      }),
    async close() {
      if (child === undefined || exited === undefined) return;
      child.stdin?.end();
      if (await within(exited)) return;
      kill('SIGTERM');
      if (await within(exited)) return;
      kill('SIGKILL');
      if (!(await within(exited))) throw new Error('The program does not end.');
    },
  };
  return transport;
}

function readMessage(line: string): JSONRPCMessage | undefined {
  try {
    return deserializeMessage(line);
  } catch {
    return undefined;
  }
}

/** False where that is not allowed: whoever is sent a signal may run as somebody else. */
function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): boolean {
  if (child?.pid === undefined) return true;
  try {
    if (onWindows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') return false;
    if (code !== 'ESRCH') throw error;
  }
  return true;
}

const within = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, PATIENCE, false).unref()),
  ]);
