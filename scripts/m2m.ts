/** Gets a token by `client_credentials` and calls one tool with it; tells each step, but never a secret or a token. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  Client,
  InsufficientScopeError,
  ProtocolError,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
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
  const as = await discover(plan.url);
  const token = await requestToken(as, plan, demo);
  await callTool(plan, token);
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

/** Plain http is for this machine only; oauth4webapi refuses it unless told. */
function reach(url: URL) {
  return { [oauth.allowInsecureRequests]: url.protocol === 'http:' };
}

/** RFC 9728, then RFC 8414: the resource names its authorization server. */
async function discover(url: URL): Promise<oauth.AuthorizationServer> {
  say('resource', url.href);
  const answer = await oauth.resourceDiscoveryRequest(url, reach(url));
  say('its metadata', answer.url);
  const resource = await oauth.processResourceDiscoveryResponse(url, answer).catch((cause: unknown) => {
    throw new Advice(`${url.href} is not a protected MCP server: its metadata answered ${answer.status}.`, { cause });
  });
  const issuer = new URL(resource.authorization_servers?.[0] ?? url.origin);
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...reach(issuer) });
  const as = await oauth.processDiscoveryResponse(issuer, found);
  say('issuer', as.issuer);
  say('its metadata', found.url);
  return as;
}

async function requestToken(as: oauth.AuthorizationServer, plan: Plan, demo: DemoFacts): Promise<string> {
  const client: oauth.Client = { client_id: plan.key ? demo.DEMO_KEY_ID : demo.DEMO_MACHINE_ID };
  const authentication = plan.key
    ? oauth.PrivateKeyJwt(await importPKCS8(await readFile(demo.DEMO_KEY_FILE, 'utf8'), 'ES256'))
    : oauth.ClientSecretBasic(demo.DEMO_MACHINE_SECRET);
  say('client', `${client.client_id}, by ${plan.key ? 'private_key_jwt (ES256)' : 'client_secret_basic'}`);
  say('token endpoint', as.token_endpoint ?? '(none)');
  const parameters = { resource: plan.url.href, ...(plan.scope === '' ? {} : { scope: plan.scope }) };
  const answer = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, reach(plan.url));
  const token = await oauth.processClientCredentialsResponse(as, client, answer).catch(refusedToken);
  say('granted', `${token.scope || 'no scope'}, for ${token.expires_in} seconds`);
  return token.access_token;
}

function refusedToken(error: unknown): never {
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  throw new Advice(`The token endpoint refused: ${error.error} (${error.error_description ?? error.status}).`);
}

async function callTool({ url, tool, input }: Plan, token: string): Promise<void> {
  const client = new Client({ name: 'gatehouse-m2m', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const authProvider = { token: async () => token };
  await client.connect(new StreamableHTTPClientTransport(url, { authProvider, onInsufficientScope: 'throw' }));
  say('call', `${tool} ${JSON.stringify(input)} (MCP ${client.getNegotiatedProtocolVersion()})`);
  const result = await client.callTool({ name: tool, arguments: input }).catch(refusedCall);
  say(result.isError ? 'tool error' : 'result', JSON.stringify(result.structuredContent ?? result.content));
  await client.close();
}

function refusedCall(error: unknown): never {
  if (error instanceof ProtocolError) throw new Advice(`The server refused the call: ${error.message}`);
  if (!(error instanceof InsufficientScopeError)) throw error;
  throw new Advice(`The call was refused: it needs the scopes ${error.requiredScope}. Ask for them with --scope.`);
}

function say(what: string, facts: string): void {
  console.log(`${what.padEnd(16)}${facts}`);
}
