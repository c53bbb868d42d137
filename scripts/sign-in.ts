/** A terminal client: signs in through the browser, calls a tool, is refused, asks for more scope and calls again. */
import { parseArgs } from 'node:util';
import {
  auth,
  Client,
  computeScopeUnion,
  InsufficientScopeError,
  type OAuthDiscoveryState,
  OAuthError,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { listenForCallback } from '../src/client/loopback-callback.ts';
import { keepOAuthState } from '../src/client/oauth-state.ts';
import { openBrowser } from '../src/client/open-browser.ts';
import { Advice, readDemo, runScript } from './demo-env.ts';

type Session = ReturnType<typeof keepOAuthState<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>>;

interface Connection {
  readonly url: URL;
  readonly session: Session;
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

const NOTE = { text: 'Written from a terminal.' };

await runScript(async () => {
  const demo = await readDemo();
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: `${demo.DEMO_URL}/notes/mcp` },
      'no-browser': { type: 'boolean', default: false },
    },
  });
  say('accounts', `ada, password ${demo.DEMO_ADA_PASSWORD}; grace may only read, password ${demo.DEMO_GRACE_PASSWORD}`);
  const callback = await listenForCallback();
  const session: Session = keepOAuthState({
    clientName: 'Gatehouse terminal client',
    callback,
    present: (page) => present(page, !values['no-browser']),
  });
  try {
    await visitNotes(await signIn(new URL(values.url), session));
  } finally {
    await callback.close();
  }
});

/** Connects; where that takes a sign-in, waits for it and connects again. */
async function signIn(url: URL, session: Session): Promise<Connection> {
  say('resource', url.href);
  const first = open(url, session);
  try {
    await first.client.connect(first.transport);
    return first;
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  await finish(first);
  const second = open(url, session);
  await second.client.connect(second.transport);
  return second;
}

function open(url: URL, session: Session): Connection {
  const client = new Client({ name: 'gatehouse-sign-in', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const transport = new StreamableHTTPClientTransport(url, { authProvider: session, onInsufficientScope: 'throw' });
  return { url, session, client, transport };
}

/** Redeems the answer that came back to the loopback listener; the SDK checks `iss` (RFC 9207) before anything else. */
async function finish({ transport, session }: Connection): Promise<void> {
  await transport.finishAuth(await session.answer()).catch((error: unknown) => {
    if (error instanceof OAuthError)
      throw new Advice(`The authorization server answered ${error.code}: ${error.message}`);
    throw error;
  });
  say('granted', session.tokens()?.scope ?? '(as asked)');
}

async function visitNotes(connection: Connection): Promise<void> {
  const { client } = connection;
  say('connected', `${client.getServerVersion()?.name}, MCP ${client.getNegotiatedProtocolVersion()}`);
  const { tools } = await client.listTools();
  say('tools', tools.map(({ name }) => name).join(', '));
  await call(client, 'list_notes', {});
  try {
    await call(client, 'add_note', NOTE);
  } catch (error) {
    if (!(error instanceof InsufficientScopeError)) throw error;
    say('refused', `403 insufficient_scope, the call needs ${error.requiredScope}`);
    await stepUp(connection, error);
    await call(client, 'add_note', NOTE).catch(stillRefused);
  }
  await client.close();
}

async function call(client: Client, name: string, input: Record<string, unknown>): Promise<void> {
  say('call', `${name} ${JSON.stringify(input)}`);
  const result = await client.callTool({ name, arguments: input });
  say(result.isError ? 'tool error' : 'result', JSON.stringify(result.structuredContent ?? result.content));
}

/** Asks for what is held and what is missing together: a refresh cannot widen a grant (RFC 6749 §6). */
async function stepUp(
  connection: Connection,
  { requiredScope, resourceMetadataUrl }: InsufficientScopeError,
): Promise<void> {
  const { url, session } = connection;
  const scope = computeScopeUnion(session.tokens()?.scope, requiredScope);
  await auth(session, {
    serverUrl: url,
    forceReauthorization: true,
    ...(scope === undefined ? {} : { scope }),
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
  });
  await finish(connection);
}

function stillRefused(error: unknown): never {
  if (!(error instanceof InsufficientScopeError)) throw error;
  throw new Advice(
    `Still refused: this account did not grant ${error.requiredScope}. Sign in as ada, or tick its box.`,
  );
}

async function present(page: URL, browser: boolean): Promise<void> {
  const opened = browser && (await openBrowser(page, { platform: process.platform, browser: process.env.BROWSER }));
  say('sign in', opened ? 'in the browser window that opened; if none did, open' : 'by opening this page:');
  console.log(`\n  ${page.href}\n`);
}

function say(what: string, facts: string): void {
  console.log(`${what.padEnd(16)}${facts}`);
}
