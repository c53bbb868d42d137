import { connect } from 'node:net';
import type { WireRequest } from './seeds.ts';

/** What came back: the status lines, in order. None where the connection ended without an answer. */
export interface WireAnswer {
  readonly statuses: readonly number[];
  readonly text: string;
}

/** Sends a request as it stands, with the length of its body, and reads until the server ends the connection. */
export function send(port: number, { method, target, headers, body }: WireRequest): Promise<WireAnswer> {
  const bytes = Buffer.from(body, 'utf8');
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: localhost:${port}`,
    'connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(bytes.length > 0 ? [`content-length: ${bytes.length}`] : []),
  ];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost' }, () => {
      socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
    });
    let text = '';
    const finish = () =>
      resolve({ text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)) });
    socket.setTimeout(8000, () => reject(new Error(`No end in 8 s to ${method} ${target}`)));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end());
    socket.on('close', finish);
    socket.on('error', finish);
  });
}
