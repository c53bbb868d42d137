import { type CookieJar, createCookieJar } from '../support/cookie-jar.ts';
import { walk } from '../support/form-walker.ts';
import { assertionOf, type KeyMachine, type SecretMachine } from '../support/machine.ts';
import { basic, type PlainAnswer } from '../support/plain-http.ts';
import { authorizeUrl, CALLBACK, challengeOf, newVerifier } from '../support/signed-in.ts';
import { factsOf, fingerprintOf, type Journal } from './journal.ts';
import type { Person } from './people.ts';
import type { Sender } from './sender.ts';

/** A code with all that redeems it. */
export interface Code {
  readonly clientId: string;
  readonly code: string;
  readonly verifier: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** The node that gave it out. */
  readonly node: string;
}

/** What a client holds after a grant. */
export interface Tokens {
  readonly clientId: string;
  readonly access: string;
  readonly refresh: string;
  readonly from: Code;
}

/** One client of one person, whose requests are all in the journal. `url` is where they go. */
export interface Client {
  register(url: string): Promise<string>;
  /** Signs in where there is no session yet, and consents. Rejects where it gets no further. */
  authorize(url: string, clientId: string, mount?: string, scopes?: readonly string[]): Promise<Code>;
  redeem(url: string, code: Code): Promise<PlainAnswer>;
  refresh(url: string, tokens: Pick<Tokens, 'clientId' | 'refresh' | 'from' | 'access'>): Promise<PlainAnswer>;
  call(url: string, access: string, mount?: string): Promise<PlainAnswer>;
  /** Ends an access token, or a sign-in by its refresh token. */
  revoke(url: string, tokens: Tokens, which: 'access' | 'refresh'): Promise<PlainAnswer>;
}

const form = (
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
  headers,
});

/** The tokens of an answer. */
export const tokensOf = (code: Code, { body }: PlainAnswer): Tokens => ({
  clientId: code.clientId,
  access: String(body.access_token),
  refresh: String(body.refresh_token),
  from: code,
});

/** A client for a person, with a browser of their own. `published` is the URL that the nodes go by. */
export function clientOf(
  journal: Journal,
  sender: Sender,
  published: string,
  person: Person,
  jar: CookieJar = createCookieJar(),
): Client {
  const { send, page } = sender;
  const principal = person.subject;
  journal.keepSecret(person.password);
  return {
    async register(url) {
      const metadata = {
        client_name: 'Of the campaign',
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'none',
      };
      const body = JSON.stringify({ ...metadata, grant_types: ['authorization_code', 'refresh_token'] });
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
      const answer = await send('register', {}, `${url}/register`, init);
      if (answer.status !== 201) throw new Error(`not registered: ${answer.status}`);
      journal.keepSecret(String(answer.body.registration_access_token));
      return String(answer.body.client_id);
    },
    async authorize(url, clientId, mount = 'notes', scopes = [`${mount}:read`]) {
      const verifier = newVerifier();
      const resource = `${published}/${mount}/mcp`;
      const scope = scopes.join(' ');
      const changes = { resource, scope, code_challenge: challengeOf(verifier) };
      let node = '';
      const noting: typeof fetch = async (input, init) => {
        const response = await page(rebased(input, published, url), init);
        node = response.headers.get('x-served-by') ?? url;
        return response;
      };
      const { username, password } = person;
      const start = authorizeUrl(published, { client_id: clientId }, changes);
      const arrived = await walk(start, { username, password, redirectUri: CALLBACK, jar, fetch: noting });
      const code = arrived.searchParams.get('code');
      if (code === null) throw new Error(`no code: ${arrived.searchParams.get('error')}`);
      journal.keepSecret(code, verifier);
      return { clientId, code, verifier, resource, scopes, node };
    },
    redeem(url, { clientId, code, verifier, resource, scopes }) {
      const facts = { code: fingerprintOf(code), resource, consented: scopes, principal };
      const fields = { client_id: clientId, redirect_uri: CALLBACK, code_verifier: verifier, code };
      return send('redeem', facts, `${url}/token`, form({ grant_type: 'authorization_code', ...fields }));
    },
    refresh(url, { clientId, refresh, access, from: { resource, scopes } }) {
      const { family } = factsOf(access);
      const facts = { presented: fingerprintOf(refresh), family, resource, consented: scopes, principal };
      const fields = { client_id: clientId, refresh_token: refresh };
      return send('refresh', facts, `${url}/token`, form({ grant_type: 'refresh_token', ...fields }));
    },
    call: (url, access, mount = 'notes') => send('call', callFacts(access), `${url}/${mount}/mcp`, callOf(access)),
    revoke(url, { clientId, ...tokens }, which) {
      const { family, token } = factsOf(tokens.access);
      const facts = { ends: which === 'access' ? token : family, family };
      return send('revoke', facts, `${url}/revoke`, form({ client_id: clientId, token: tokens[which] }));
    },
  };
}

/** The same path at another address: a single node, in place of the balancer. */
function rebased(input: string | URL | Request, published: string, url: string): string {
  return String(input).replace(published, url);
}

const callFacts = (access: string) => {
  const { token, family, expires, subject } = factsOf(access);
  return { presented: token, family, expires, principal: subject };
};

const callOf = (access: string): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${access}`,
  },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'who', arguments: {} } }),
});

/** A machine that proves itself with its secret. */
export function machineToken(sender: Sender, url: string, published: string, { id, secret }: SecretMachine) {
  const resource = `${published}/notes/mcp`;
  const facts = { principal: id, resource, consented: ['notes:read'] };
  return sender.send(
    'machine',
    facts,
    `${url}/token`,
    form({ grant_type: 'client_credentials', resource }, basic(id, secret)),
  );
}

/** A machine that signs. Both the answer and the assertion, which is spent. */
export async function assertedToken(
  sender: Sender,
  url: string,
  published: string,
  machine: KeyMachine,
  given?: string,
): Promise<{ readonly assertion: string; readonly answer: PlainAnswer }> {
  const assertion = given ?? (await assertionOf(machine, published));
  const resource = `${published}/notes/mcp`;
  const facts = { principal: machine.id, resource, consented: ['notes:read'], code: fingerprintOf(assertion) };
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const fields = { grant_type: 'client_credentials', resource, client_assertion: assertion, client_assertion_type };
  return { assertion, answer: await sender.send('machine', facts, `${url}/token`, form(fields)) };
}
