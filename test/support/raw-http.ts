import { connect } from 'node:net';

/** One answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends the bytes as they are to a local port, and reads until the server ends the connection or `answers` responses
 * have come. No client library stands between: nothing is normalised or merged.
 */
export function sendRaw(port: number, bytes: string | Buffer, answers = 1): Promise<readonly RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost' }, () => socket.write(bytes));
    let received = '';
    const finish = () => {
      socket.destroy();
      resolve(parseAnswers(received));
    };
    socket.setTimeout(5_000, () => reject(new Error(`No answer in 5 s; so far: ${received}`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (parseAnswers(received).length >= answers) finish();
    });
    socket.on('end', finish);
    socket.on('error', (error: NodeJS.ErrnoException) => (received === '' ? reject(error) : finish()));
  });
}

function parseAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return answers;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = new Map(lines.map((line) => splitHeader(line)));
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    if (body.length < length) return answers;
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, body });
    rest = rest.slice(end + 4 + length);
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
