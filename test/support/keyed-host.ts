import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidToken, Unavailable } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/log.ts';
import type { KeysProvider } from '../../src/gate/provider.ts';
import { createHost, type Host, type HostOptions } from '../../src/host/create-host.ts';
import { createLog } from '../../src/observe/log.ts';

/** Tokens that the keyed host knows, each with the scopes it carries. `down` stands for a provider that is out. */
const TOKENS: Readonly<Record<string, readonly string[]>> = {
  reader: ['notes:read'],
  writer: ['notes:read', 'notes:write'],
  nobody: [],
};

/** A provider whose tokens are plain words: for tests of what lies around the verifier. */
export const wordTokens = (seen: string[] = [], tokens = TOKENS): KeysProvider => ({
  kind: 'keys',
  name: 'words',
  verifier: () => ({
    async verify(token, resource) {
      seen.push(token);
      if (token === 'down') throw new Unavailable('provider_down');
      const scopes = tokens[token];
      if (scopes === undefined) throw new InvalidToken('unknown_word');
      return {
        subject: token,
        clientId: 'words',
        scopes: new Set(scopes),
        issuer: 'https://words.test',
        resource: resource.href,
        expiresAt: Math.floor(Date.now() / 1000) + 60,
        kind: 'key',
        claims: {},
      };
    },
  }),
});

/** A listening host whose callers show words for tokens. */
export interface KeyedHost {
  readonly host: Host;
  readonly url: string;
  readonly port: number;
  readonly seen: readonly string[];
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** Starts a keyed host with the given mounts. */
export async function startKeyedHost(
  mount: (host: Host) => void,
  settings: Partial<HostOptions> = {},
): Promise<KeyedHost> {
  const server = createServer({ maxHeaderSize: 16_384 });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const seen: string[] = [];
  const logged: string[] = [];
  const log: Log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const url = `http://localhost:${port}`;
  const host = createHost({ auth: wordTokens(seen), publicUrl: url, log, shutdownGrace: 0, ...settings });
  mount(host);
  await host.start();
  host.attach(server);
  return { host, url, port, seen, logged, close: async () => void (await host.close()) };
}
