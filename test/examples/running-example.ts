import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserSignIn } from '../../src/client/browser-sign-in.ts';
import { clientCredentials } from '../../src/client/client-credentials.ts';
import { connect } from '../../src/client/connect.ts';
import type { ConnectOptions } from '../../src/client/connect-one.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import type { SecretMachine } from '../support/machine.ts';
import { createPerson } from '../support/person.ts';

/** An example that runs as `npm run example -- <name>` runs it. Whatever is known of it, it has printed. */
export interface RunningExample {
  readonly url: string;
  /** The rest of the line that starts with `words`. Throws where there is none. */
  told(words: string): string;
  /** The id and the secret of one of its machines. */
  machine(name: string): SecretMachine;
  /** A client of one of its servers for somebody who signs in, with the scopes of the first challenge. */
  asPerson(username: string, mount: string, more?: ConnectOptions): Promise<McpClient>;
  /** The same for a machine. */
  asMachine(name: string, mount: string, more?: ConnectOptions): Promise<McpClient>;
  /** Ends it as Ctrl-C does. Resolves with its exit code. */
  stop(): Promise<number>;
}

/** Starts an example on a free port, and waits until it has printed `ready`. */
export async function runExample(
  name: string,
  ready: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-example-'));
  const settings = { PORT: `${port}`, GATEHOUSE_DIR: directory, SHUTDOWN_GRACE: '0', ...environment };
  const child = startNode('--conditions=gatehouse-source', ['scripts/example.ts', name], settings);
  await child.next(ready);
  const told = (words: string): string => {
    const line = child.output.stdout.split('\n').find((each) => each.startsWith(words));
    if (line === undefined) throw new Error(`The example has not printed ${words}:\n${child.output.stdout}`);
    return line.slice(words.length);
  };
  const machine = (words: string): SecretMachine => {
    const [id = '', secret = ''] = told(`machine  ${words}, id `).split(/, secret |, /);
    return { id, secret };
  };
  return {
    url,
    told,
    machine,
    asPerson(username, mount, more) {
      const [password = ''] = told(`person   ${username}, password `).split(',');
      const person = createPerson(username, password);
      const auth = browserSignIn({ present: (page) => person.open(page) });
      return connect(`${url}${mount}/mcp`, { auth, ...more });
    },
    asMachine(words, mount, more) {
      const { id, secret } = machine(words);
      return connect(`${url}${mount}/mcp`, {
        auth: clientCredentials({ clientId: id, clientSecret: secret }),
        ...more,
      });
    },
    async stop() {
      child.signal('SIGINT');
      const code = await child.exit;
      await rm(directory, { recursive: true, force: true });
      return code;
    },
  };
}
