import { Client, SdkHttpError, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import type { Clock } from '../core/clock.ts';
import { answerServer, capabilitiesOf, listChangedOf, type ServerRequests } from './asked-by-server.ts';
import { type Auth, type AuthEvent, type Credential, refusalOf } from './credential.ts';
import { anonymous } from './fixed-credentials.ts';
import { type McpClient, mcpClient } from './mcp-client.ts';
import { openTransport, type Style, stylesOf } from './open-transport.ts';
import { SignInFailed } from './sign-in-failed.ts';
import type { ReadTarget } from './targets.ts';

/** How to connect to one server. */
export interface ConnectOptions extends ServerRequests {
  /** How to prove who calls, where the server is behind a URL. */
  readonly auth?: Auth;
  /** What this client is called. */
  readonly name?: string;
  readonly version?: string;
  /** `auto` (default): 2026-07-28 where the server knows it, else 2025-11-25 and older. `legacy`: the older alone. */
  readonly era?: 'auto' | 'legacy';
  /** Whether more scope is asked for when a call is refused for missing it (default true). */
  readonly stepUp?: boolean;
  /** Told of the steps of a sign-in, for people to read. */
  readonly onAuth?: (event: AuthEvent) => void;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
}

/** Options with the machine's own parts filled in. */
export type ReadyOptions = ConnectOptions & Required<Pick<ConnectOptions, 'fetch' | 'clock'>>;

/** How often a person is asked for one request. */
const ASKED_AT_MOST = 2;

/** Connects to one server. Rejects with what the last attempt ended with. */
export async function connectOne(target: ReadTarget, options: ReadyOptions): Promise<McpClient> {
  const { stepUp = true, fetch } = options;
  const credential = credentialFor(target, options);
  const refused = ({ scope }: { readonly scope: string | undefined }) => options.onAuth?.({ step: 'refused', scope });
  const attempt = <T>(request: () => Promise<T>): Promise<T> => withSignIn(request, credential, stepUp);
  const open = async (style: Style) => {
    const sdk = createClient(style === 'older' ? { ...options, era: 'legacy' } : options);
    const transport = openTransport(target, style, { fetch, credential, stepUp, refused });
    try {
      await sdk.connect(transport);
    } catch (error) {
      await sdk.close();
      throw reasonOf(error);
    }
    return { sdk, transport };
  };
  const [first, second] = stylesOf(target).map((style) => () => attempt(() => open(style)));
  if (first === undefined) throw new TypeError('There is no way to speak to this server.');
  const { sdk, transport } = await (second === undefined ? first() : first().catch(orOlder(second)));
  return mcpClient({ sdk, attempt, close: () => closeBoth(sdk, transport) });
}

function credentialFor(target: ReadTarget, { auth = anonymous, onAuth, fetch, clock }: ReadyOptions): Credential {
  if (target.kind !== 'url') {
    if (auth !== anonymous) throw new TypeError('auth is for servers behind a URL: give a child its own through env.');
    return anonymous({ resource: new URL('http://localhost'), fetch, clock, tell: () => undefined });
  }
  return auth({ resource: target.url, fetch, clock, tell: (event) => onAuth?.(event) });
}

/** Asks a person outside of the request, whose time would run out, and then sends it again. */
async function withSignIn<T>(request: () => Promise<T>, { signIn }: Credential, stepUp: boolean): Promise<T> {
  for (let asked = 0; ; asked += 1) {
    try {
      return await request();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined || signIn === undefined || asked >= ASKED_AT_MOST) throw error;
      if (refusal.kind === 'scope' && !stepUp) throw error;
      if (!(await signIn(refusal))) throw error;
    }
  }
}

/** Negotiation wraps what ended it: why nobody could be signed in is what the caller can act on. */
function reasonOf(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof SignInFailed || refusalOf(at) !== undefined) return at;
  }
  return error;
}

function createClient(options: ConnectOptions): Client {
  const { name = 'mcp-gatehouse', version = '1.0.0', era = 'auto' } = options;
  const listChanged = listChangedOf(options);
  const client = new Client(
    { name, version },
    {
      versionNegotiation: { mode: era },
      capabilities: capabilitiesOf(options),
      ...(listChanged && { listChanged }),
    },
  );
  answerServer(client, options);
  return client;
}

/** What a server of the older transport answers to a message that is sent to its URL (2025-11-25, Backwards Compatibility). */
const orOlder =
  <T>(older: () => Promise<T>) =>
  (error: unknown): Promise<T> => {
    if (error instanceof SdkHttpError && [400, 404, 405].includes(error.data.status)) return older();
    throw error;
  };

async function closeBoth(sdk: Client, transport: Transport): Promise<void> {
  // A session that cannot be ended now ends by itself.
  if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession().catch(() => undefined);
  await sdk.close();
}
