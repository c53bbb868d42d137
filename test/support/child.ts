import { spawn } from 'node:child_process';
import { COMPILE_CACHE } from './compile-cache.ts';

/** A program under test, run with an environment of its own. */
export interface Child {
  readonly pid: number;
  /** All it has written so far. */
  readonly output: Output;
  /** The next text in either stream that matches; each is handed out once. Rejects where it ends without. */
  next(pattern: RegExp): Promise<RegExpExecArray>;
  write(text: string): void;
  /** Reads its standard error no more, like a log collector that died with what came `meanwhile` unread. */
  stopReading(meanwhile: () => Promise<unknown>): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGUSR2'): void;
  /** Its exit code, once it is over and all its output has been read. */
  readonly exit: Promise<number>;
  /** Ends it and waits until it has gone. */
  stop(): Promise<void>;
}

interface Output {
  stdout: string;
  stderr: string;
}

/** Starts `node <file> …` with this Node. Only `env` and what any program needs of ours is handed on. */
export function startNode(file: string, args: readonly string[], env: Record<string, string> = {}): Child {
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  // A group of its own: what it starts ends with it.
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH, TMPDIR, HOME: TMPDIR, ...COMPILE_CACHE, ...env },
    detached: true,
  });
  const reader = createReader();
  child.stdout.setEncoding('utf8').on('data', (text: string) => reader.add('stdout', text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => reader.add('stderr', text));
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL');
    }
  };
  // It does not outlive a test run that ends before it.
  process.once('exit', kill);
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', kill);
      reader.end();
      resolve(code ?? -1);
    });
  });
  return {
    pid: child.pid ?? 0,
    output: reader.output,
    next: reader.next,
    exit,
    write: (text) => void child.stdin.write(text),
    stopReading: async (meanwhile) => {
      child.stderr.pause();
      await meanwhile();
      await new Promise((resolve) => child.stderr.once('close', resolve).destroy());
    },
    signal: (name) => void child.kill(name),
    stop: async () => {
      kill();
      await exit;
    },
  };
}

/** Text that arrives in pieces, and those who wait for a part of it. */
function createReader() {
  const output: Output = { stdout: '', stderr: '' };
  const seen = { stdout: 0, stderr: 0 };
  const waiting = new Set<() => void>();
  let over = false;
  const look = () => {
    for (const check of [...waiting]) check();
  };
  const find = (pattern: RegExp): RegExpExecArray | undefined => {
    for (const name of ['stderr', 'stdout'] as const) {
      const match = pattern.exec(output[name].slice(seen[name]));
      if (match === null) continue;
      seen[name] += match.index + match[0].length;
      return match;
    }
    return undefined;
  };
  return {
    output,
    add(name: keyof Output, text: string) {
      output[name] += text;
      look();
    },
    end() {
      over = true;
      look();
    },
    next: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const check = () => {
          const match = find(pattern);
          if (match === undefined && !over) return;
          waiting.delete(check);
          if (match !== undefined) resolve(match);
          else reject(new Error(`It ended without ${pattern}:\n${output.stdout}\n${output.stderr}`));
        };
        waiting.add(check);
        check();
      }),
  };
}
