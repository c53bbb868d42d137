import { type ChildProcess, spawn } from 'node:child_process';
import { ReadBuffer, serializeMessage, type Transport } from '@modelcontextprotocol/client';

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

/** A transport that runs a program and talks to it, a message a line, each at most `maxBytes`. Closing it ends the program. */
export function stdioTransport(
  { command, args = [], env = {}, cwd, stderr = 'ignore' }: Command,
  maxBytes: number,
): Transport {
  const buffer = new ReadBuffer({ maxBufferSize: maxBytes });
  let child: ChildProcess | undefined;
  let exited: Promise<void> | undefined;
  const kill = (signal: NodeJS.Signals): void => signalGroup(child, signal);

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
        started.stdout?.on('data', (chunk: Buffer) => {
          try {
            buffer.append(chunk);
            readMessages(buffer, transport);
          } catch (error) {
            transport.onerror?.(error as Error);
            kill('SIGKILL');
          }
        });
      }),
    send: (message) =>
      new Promise((resolve, reject) => {
        const stdin = child?.stdin;
        if (stdin?.writable !== true) return reject(new Error('The program has ended.'));
        stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      }),
    async close() {
      if (child === undefined || exited === undefined) return;
      child.stdin?.end();
      if (await within(exited)) return;
      kill('SIGTERM');
      if (await within(exited)) return;
      kill('SIGKILL');
      await exited;
    },
  };
  return transport;
}

/** Lines that are no messages are told of and skipped. */
function readMessages(buffer: ReadBuffer, transport: Transport): void {
  for (;;) {
    try {
      const message = buffer.readMessage();
      if (message === null) return;
      transport.onmessage?.(message);
    } catch (error) {
      transport.onerror?.(error as Error);
    }
  }
}

function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined) return;
  try {
    if (onWindows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const within = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, PATIENCE, false).unref()),
  ]);
