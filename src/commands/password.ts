import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Reads a password: from a pipe its first line, from a terminal without showing what is typed. */
export const readPassword = (): Promise<string> => readSecret('Password');

/** The same for any secret, asked for by its name. */
export async function readSecret(name: string): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write(`${name}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}
