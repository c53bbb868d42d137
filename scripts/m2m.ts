/** Gets a token by `client_credentials` and calls one tool with it; tells each step, but never a secret or a token. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ProtocolError } from '@modelcontextprotocol/client';
import {
  type Auth,
  type AuthEvent,
  clientCredentials,
  connect,
  InsufficientScopeError,
  type McpClient,
  SignInFailed,
} from '../src/client/index.ts';
import { Advice, readDemo, runScript } from './demo-env.ts';
import type { DemoFacts } from './demo-seed.ts';

interface Plan {
  readonly url: URL;
  readonly tool: string;
  readonly input: Record<string, unknown>;
  readonly scope: string;
  readonly key: boolean;
}

await runScript(async () => {
  const demo = await readDemo();
  const plan = readPlan(demo.DEMO_URL);
  const clientId = plan.key ? demo.DEMO_KEY_ID : demo.DEMO_MACHINE_ID;
  say('resource', plan.url.href);
  const connecting = connect(plan.url, {
    name: 'gatehouse-m2m',
    auth: await credentials(plan, demo),
    // This script asks for what --scope says and shows what comes of it.
    stepUp: false,
    onAuth: (event) => tell(event, `${clientId}, by ${plan.key ? 'private_key_jwt (ES256)' : 'client_secret_basic'}`),
  });
  await using client = await connecting.catch(refusedToken);
  await callTool(client, plan);
});

function readPlan(demoUrl: string): Plan {
  const { values } = parseArgs({
    options: {
      key: { type: 'boolean', default: false },
      url: { type: 'string' },
      tool: { type: 'string', default: 'add_note' },
      input: { type: 'string', default: '{"text":"Written by a machine."}' },
      scope: { type: 'string' },
    },
  });
  const { url, input, scope = url === undefined ? 'notes:write' : '', ...rest } = values;
  return { url: readUrl(url ?? `${demoUrl}/notes/mcp`), input: readInput(input), scope, ...rest };
}

function readUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new Advice(`--url must be the whole URL of an MCP server, not ${text}.`);
}

function readInput(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Advice(`--input must be a JSON object such as {"text":"hello"}, not ${text}.`, { cause });
  }
}

async function credentials({ key, scope }: Plan, demo: DemoFacts): Promise<Auth> {
  const asked = scope === '' ? {} : { scope };
  return key
    ? clientCredentials({
        clientId: demo.DEMO_KEY_ID,
        privateKey: await readFile(demo.DEMO_KEY_FILE, 'utf8'),
        ...asked,
      })
    : clientCredentials({ clientId: demo.DEMO_MACHINE_ID, clientSecret: demo.DEMO_MACHINE_SECRET, ...asked });
}

function tell(event: AuthEvent, client: string): void {
  if (event.step === 'granted') say('granted', `${event.scope || 'no scope'}, for ${event.expiresIn} seconds`);
  if (event.step !== 'found') return;
  const [ofResource = '(none)', ofIssuer = ofResource] = event.documents;
  say('its metadata', ofResource);
  say('issuer', event.issuer);
  say('its metadata', ofIssuer);
  say('client', client);
  say('token endpoint', event.tokenEndpoint);
}

function refusedToken(error: unknown): never {
  if (!(error instanceof SignInFailed)) throw error;
  const ours = ['no_metadata', 'other_issuer'].includes(error.code);
  throw new Advice(ours ? error.message : `The token endpoint refused: ${error.code} (${error.message}).`);
}

async function callTool(client: McpClient, { tool, input }: Plan): Promise<void> {
  say('call', `${tool} ${JSON.stringify(input)} (MCP ${client.protocolVersion})`);
  const result = await client.callTool(tool, input).catch(refusedCall);
  say(result.isError ? 'tool error' : 'result', JSON.stringify(result.structuredContent ?? result.content));
}

function refusedCall(error: unknown): never {
  if (error instanceof ProtocolError) throw new Advice(`The server refused the call: ${error.message}`);
  if (!(error instanceof InsufficientScopeError)) throw error;
  throw new Advice(`The call was refused: it needs the scopes ${error.requiredScope}. Ask for them with --scope.`);
}

function say(what: string, facts: string): void {
  console.log(`${what.padEnd(16)}${facts}`);
}
