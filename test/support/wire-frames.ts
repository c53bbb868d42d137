/** A piece of what a server says: whether an answer ends with it. */
export interface ReplyFrame {
  readonly bytes: Buffer;
  readonly ends: boolean;
}

/** What a client asks as one whole, with one answer to it; a farewell has none. */
export interface CommandFrame {
  readonly bytes: Buffer;
  readonly answered: boolean;
}

/** Cuts the two directions of one connection into whole commands and answers. */
export interface Frames {
  commands(chunk: Buffer): readonly CommandFrame[];
  replies(chunk: Buffer): readonly ReplyFrame[];
  /** The answer that stands for a refusal by the server, such as `READONLY …` or an SQLSTATE. */
  refusal(words: string): string;
}

/** Cuts off what `lengthOf` finds whole at the front, again and again; what is left waits for more. */
function cutter(lengthOf: (bytes: Buffer) => number | undefined): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const whole: Buffer[] = [];
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      whole.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return whole;
  };
}

/** The Redis protocol, version 2: a command and a reply are each one value. */
export function redisFrames(): Frames {
  const lengthOf = (bytes: Buffer) => endOfValue(bytes, 0);
  const commands = cutter(lengthOf);
  const replies = cutter(lengthOf);
  return {
    commands: (chunk) => commands(chunk).map((bytes) => ({ bytes, answered: true })),
    replies: (chunk) => replies(chunk).map((bytes) => ({ bytes, ends: true })),
    refusal: (words) => `-${words}\r\n`,
  };
}

/** Where the value that begins at `start` ends; undefined while it is not all there. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const line = bytes.indexOf('\r\n', start);
  if (line < 0) return undefined;
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const count = Number(bytes.toString('latin1', start + 1, line));
  if (kind === '$') {
    const end = count < 0 ? line + 2 : line + 2 + count + 2;
    return end <= bytes.length ? end : undefined;
  }
  let end: number | undefined = line + 2;
  for (let left = kind === '*' ? count : 0; left > 0 && end !== undefined; left -= 1) end = endOfValue(bytes, end);
  return end;
}

/** The PostgreSQL protocol, version 3: a command ends with Sync or is a Query, an answer ends with ReadyForQuery. */
export function postgresFrames(): Frames {
  let greeted = false;
  const commands = cutter((bytes) => {
    const head = greeted ? 1 : 0;
    if (bytes.length < head + 4 || bytes.length < head + bytes.readUInt32BE(head)) return undefined;
    greeted = true;
    return head + bytes.readUInt32BE(head);
  });
  const replies = cutter((bytes) =>
    bytes.length < 5 || bytes.length < 1 + bytes.readUInt32BE(1) ? undefined : 1 + bytes.readUInt32BE(1),
  );
  let gathered: Buffer[] = [];
  let first = true;
  return {
    commands: (chunk) =>
      commands(chunk).flatMap((message) => {
        const kind = first ? 'Q' : String.fromCharCode(message[0] ?? 0);
        first = false;
        gathered.push(message);
        if (!'QSX'.includes(kind)) return [];
        const bytes = Buffer.concat(gathered);
        gathered = [];
        return [{ bytes, answered: kind !== 'X' }];
      }),
    replies: (chunk) => replies(chunk).map((bytes) => ({ bytes, ends: bytes[0] === 'Z'.charCodeAt(0) })),
    refusal: (state) => message('E', `SERROR\0VERROR\0C${state}\0Mrefused by the test\0\0`) + message('Z', 'I'),
  };
}

function message(kind: string, body: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return kind + length.toString('latin1') + body;
}
