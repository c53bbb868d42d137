/** A terminal client: signs in through the browser, calls a tool, is refused, asks for more scope and calls again. */
import { parseArgs } from 'node:util';
import {
  type AuthEvent,
  browserSignIn,
  connect,
  InsufficientScopeError,
  type McpClient,
  SignInFailed,
} from '../src/client/index.ts';
import { openBrowser } from '../src/client/open-browser.ts';
import { Advice, readDemo, runScript } from './demo-env.ts';

const NOTE = { text: 'Written from a terminal.' };

/** The call that waits while somebody signs in. */
let pending: string | undefined;

await runScript(async () => {
  const demo = await readDemo();
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: `${demo.DEMO_URL}/notes/mcp` },
      'no-browser': { type: 'boolean', default: false },
    },
  });
  say('accounts', `ada, password ${demo.DEMO_ADA_PASSWORD}; grace may only read, password ${demo.DEMO_GRACE_PASSWORD}`);
  say('resource', values.url);
  try {
    await using client = await connect(values.url, {
      name: 'gatehouse-sign-in',
      auth: browserSignIn({
        clientName: 'Gatehouse terminal client',
        present: (page) => present(page, !values['no-browser']),
      }),
      onAuth: tell,
    });
    await visitNotes(client);
  } catch (error) {
    throw advised(error);
  }
});

async function visitNotes(client: McpClient): Promise<void> {
  say('connected', `${client.server?.name}, MCP ${client.protocolVersion}`);
  const tools = await client.listTools();
  say('tools', tools.map(({ name }) => name).join(', '));
  await call(client, 'list_notes', {});
  await call(client, 'add_note', NOTE);
}

/** Where the call is refused for its scopes, the client asks for what is held and what is missing together. */
async function call(client: McpClient, name: string, input: Record<string, unknown>): Promise<void> {
  pending = `${name} ${JSON.stringify(input)}`;
  say('call', pending);
  const result = await client.callTool(name, input);
  pending = undefined;
  say(result.isError ? 'tool error' : 'result', JSON.stringify(result.structuredContent ?? result.content));
}

function tell(event: AuthEvent): void {
  if (event.step === 'refused') say('refused', `403 insufficient_scope, the call needs ${event.scope}`);
  if (event.step !== 'granted') return;
  say('granted', event.scope ?? '(as asked)');
  if (pending !== undefined) say('call', pending);
}

function advised(error: unknown): unknown {
  if (error instanceof SignInFailed) {
    return new Advice(`The authorization server answered ${error.code}: ${error.message}`);
  }
  if (!(error instanceof InsufficientScopeError)) return error;
  return new Advice(
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
