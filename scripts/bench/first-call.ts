/** Milliseconds from nothing to the first answer of a tool: discovery, registration, sign-in, consent, tokens, call. */
import {
  Client,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { listenForCallback } from '../../src/client/loopback-callback.ts';
import { keepOAuthState } from '../../src/client/oauth-state.ts';
import { createPerson } from '../../test/support/person.ts';

const [, , url = '', password = ''] = process.argv;
const callback = await listenForCallback();
const times: number[] = [];
for (let round = 0; round < 5; round++) times.push(await firstCall());
await callback.close();
process.send?.(times);

async function firstCall(): Promise<number> {
  const person = createPerson('ada', password);
  const session = keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({
    clientName: 'Bench client',
    callback,
    present: (page) => person.open(page),
  });
  const open = () => ({
    client: new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } }),
    transport: new StreamableHTTPClientTransport(new URL(url), { authProvider: session }),
  });
  const begun = performance.now();
  const first = open();
  await first.client.connect(first.transport).catch((error: unknown) => {
    if (!(error instanceof UnauthorizedError)) throw error;
  });
  await first.transport.finishAuth(await session.answer());
  const { client, transport } = open();
  await client.connect(transport);
  await client.callTool({ name: 'list_notes', arguments: {} });
  const took = performance.now() - begun;
  await client.close();
  return took;
}
