import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { auth0 } from '../../providers/auth0.ts';
import { descope } from '../../providers/descope.ts';
import { jwt } from '../../providers/jwt.ts';
import { keycloak } from '../../providers/keycloak.ts';
import { okta } from '../../providers/okta.ts';
import { workos } from '../../providers/workos.ts';
import { tokenExchange } from '../../src/authorization/upstream/token-exchange.ts';
import { ConfigError } from '../../src/core/errors.ts';
import type { ProviderFromSettings } from '../../src/gate/provider-from-settings.ts';
import { type TokenExchangeOption, tokenExchangeRules } from '../../src/gate/token-exchange.ts';
import { callTool } from '../support/plain-http.ts';
import { AUTH0 } from '../support/providers/auth0.ts';
import { DESCOPE } from '../support/providers/descope.ts';
import { type DirectWorld, startDirectWorld } from '../support/providers/direct-flow.ts';
import { type DirectDialect, MACHINE, type Recorded } from '../support/providers/fake-direct.ts';
import { exchangesTokens } from '../support/providers/fake-exchange.ts';
import { SPOILED } from '../support/providers/fake-issuer.ts';
import { KEYCLOAK } from '../support/providers/keycloak.ts';
import { OKTA } from '../support/providers/okta.ts';
import { faultsOf, impatientFetch, made, providerDeps } from '../support/providers/provider-deps.ts';
import { WORKOS } from '../support/providers/workos.ts';

const APP: TokenExchangeOption = {
  clientId: MACHINE.id,
  clientSecret: MACHINE.secret,
  audience: 'https://files.example.test',
  scopes: ['files:read', 'files:list'],
};

let world: DirectWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

type Make = (issuer: string, exchange: TokenExchangeOption | undefined) => ProviderFromSettings;
const ofKeycloak: Make = (issuer, exchange) => keycloak({ issuer, exchange });

/** A host over a provider that exchanges tokens, and a caller of its. */
async function start(dialect: DirectDialect = KEYCLOAK, make: Make = ofKeycloak, exchange?: TokenExchangeOption) {
  const started = await startDirectWorld(dialect, ({ issuer }) => make(issuer, exchange ?? APP), {
    fetch: impatientFetch,
  });
  world = started;
  const { far, endpoint } = started;
  const fake = exchangesTokens(far);
  const mint = (changes?: Record<string, unknown>) => far.mint(endpoint, ['notes:read'], changes);
  const call = (token: string) => callTool(endpoint, token, 'beyond');
  return { ...started, fake, mint, call };
}

describe('a provider that exchanges tokens', () => {
  it.each<[string, DirectDialect, Make, 'basic' | 'post']>([
    ['Keycloak', KEYCLOAK, ofKeycloak, 'basic'],
    ['Okta', OKTA, (issuer, exchange) => okta({ issuer, exchange }), 'basic'],
    ['Auth0', AUTH0, (issuer, exchange) => auth0({ domain: issuer.slice(0, -1), exchange }), 'post'],
    ['WorkOS', WORKOS, (issuer, exchange) => workos({ domain: issuer, exchange }), 'post'],
    ['Descope', DESCOPE, (issuer, exchange) => descope({ issuer, exchange }), 'basic'],
    ['an issuer of JWTs', OKTA, (issuer, exchange) => jwt({ issuer, exchange }), 'basic'],
  ])('CO-17 %s gives a tool a token for the API behind us, for the one that the caller came with', async (...row) => {
    const [, dialect, make, proof] = row;
    const { fake, mint, call } = await start(dialect, make);
    const token = await mint();
    const answer = await call(token);

    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('exchanged-EXAMPLE-1')]);
    expect(answer.text).toContain('files:read');
    const [asked] = fake.asked;
    const { client_id, client_secret, ...form } = Object.fromEntries(asked?.form ?? []);
    expect(form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'https://files.example.test',
      scope: 'files:read files:list',
    });
    expect(client_secret === undefined ? 'basic' : 'post').toBe(proof);
  });

  it('asks once for callers with the same token, and anew for another token of the same person', async () => {
    const { fake, mint, call, advance } = await start();
    const token = await mint();
    const answers = await Promise.all([call(token), call(token), call(token)]);
    expect(answers.map(({ text }) => text.includes('exchanged-EXAMPLE-1'))).toEqual([true, true, true]);
    expect((await call(await mint({ jti: 'of another client' }))).text).toContain('exchanged-EXAMPLE-2');
    expect(fake.asked).toHaveLength(2);
    advance(241);
    expect((await call(token)).text).toContain('exchanged-EXAMPLE-3');
  });

  it('speaks of the app by a private key, of resources, and calls tokens what the provider calls them', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const privateKey = { ...(await exportJWK(pair.privateKey)), alg: 'ES256', kid: 'app' };
    const { fake, mint, call } = await start(KEYCLOAK, ofKeycloak, {
      clientId: 'by-key-EXAMPLE',
      privateKey,
      resource: ['https://one.example.test', 'https://two.example.test'],
      subjectTokenType: 'urn:example:mcp-token',
    });
    expect((await call(await mint())).status).toBe(503);
    const { form } = fake.asked[0] ?? {};
    expect(form?.get('client_assertion')).toMatch(/^ey/);
    expect(form?.getAll('resource')).toEqual(['https://one.example.test', 'https://two.example.test']);
    expect(form?.get('subject_token_type')).toBe('urn:example:mcp-token');
    expect(form?.has('audience')).toBe(false);
  });

  it('our app may stand beside the mount in tokens of Keycloak, which demands it; no other client may', async () => {
    const { mint, call, endpoint } = await start();
    expect((await call(await mint({ aud: [endpoint, MACHINE.id] }))).text).toContain('exchanged-EXAMPLE-1');
    expect((await call(await mint({ aud: [endpoint, 'another-client'] }))).status).toBe(401);
    expect((await call(await mint({ aud: MACHINE.id }))).status).toBe(401);
  });

  it('gives nothing where it was not configured, nor to a token that does not get in', async () => {
    const { fake, mint, call } = await start(KEYCLOAK, (issuer) => keycloak({ issuer }));
    expect((await call(await mint())).text).toContain('This needs a caller who signed in');
    expect((await call(await mint({ aud: 'account' }))).status).toBe(401);
    expect(fake.asked).toEqual([]);
  });
});

describe('what a provider answers in place of a token', () => {
  const wrong: readonly [string, Recorded, number][] = [
    ['the caller’s token is taken no more', [400, { error: 'invalid_grant' }], 401],
    ['the caller’s token is taken no more, as Auth0 says it', [403, { error: 'invalid_grant' }], 401],
    ['the caller’s token is taken no more, by its older name', [400, { error: 'invalid_token' }], 401],
    ['our app is refused', [401, { error: 'invalid_client' }], 503],
    ['our app is refused, as Okta says it', [401, { errorCode: 'invalid_client', errorSummary: 'no' }], 503],
    ['our app may not exchange tokens', [400, { error: 'unauthorized_client' }], 503],
    ['an error of its own', [500, { error: 'server_error' }], 503],
    ['too many requests', [429, { error: 'slow_down' }], 503],
    ['a token that is no bearer token', [200, { access_token: 'x', token_type: 'N_A' }], 503],
    [
      'a refresh token',
      [
        200,
        {
          access_token: 'x',
          token_type: 'Bearer',
          issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        },
      ],
      503,
    ],
  ];
  const no: readonly [string, Recorded][] = [
    ['we are not in its audience', [403, { error: 'access_denied', error_description: 'Client is not within' }]],
    ['the audience is not known', [400, { error: 'invalid_target' }]],
    ['the request is not understood', [400, { error: 'invalid_request', error_description: 'Invalid token' }]],
    ['the scope is not known', [400, { error: 'invalid_scope' }]],
  ];

  it('is told apart: 401 for the caller’s token, 503 for our app and for outages, and heals', async () => {
    const { fake, mint, call, host } = await start();
    for (const [index, [what, refusal, status]] of wrong.entries()) {
      const token = await mint({ jti: `wrong ${index}` });
      fake.refusal = refusal;
      const answer = await call(token);
      expect([what, answer.status]).toEqual([what, status]);
      expect(answer.headers.get('www-authenticate') ?? '').toContain(status === 401 ? 'invalid_token' : '');
      fake.refusal = undefined;
      if (status === 503) expect([what, (await call(token)).status]).toEqual([what, 200]);
    }
    expect(host.logged.join('\n')).not.toContain(MACHINE.secret);
  });

  it('is a failure of the tool where neither the caller nor a retry can help', async () => {
    const { fake, mint, call, host } = await start();
    const token = await mint();
    for (const [what, refusal] of no) {
      fake.refusal = refusal;
      const { status, text } = await call(token);
      expect([what, status, text]).toEqual([what, 200, expect.stringContaining('gives no token for this')]);
      expect(host.logged.join('\n')).toContain(String(refusal[1].error));
    }
    fake.refusal = undefined;
    expect((await call(token)).text).toContain('exchanged-EXAMPLE-1');
    expect(host.logged.join('\n')).not.toMatch(/exchanged-EXAMPLE|ey[\w-]+\.ey/);
  });

  it('OP-05 in any way that is broken: an outage, which heals', async () => {
    const { fake, mint, call } = await start();
    for (const [way, spoiled] of Object.entries(SPOILED)) {
      const token = await mint({ jti: way });
      fake.spoiled = spoiled;
      expect([way, (await call(token)).status]).toEqual([way, 503]);
      fake.spoiled = undefined;
      expect([way, (await call(token)).status]).toEqual([way, 200]);
    }
  });
});

describe('the exchange of a provider', () => {
  const faults = (exchange: Partial<TokenExchangeOption>) =>
    faultsOf(keycloak({ issuer: 'https://id.example.com/realms/acme', exchange: { ...APP, ...exchange } }), {});

  it('needs an app with one way to prove itself, and something to ask for', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ clientId: '', clientSecret: undefined as never, audience: [], scopes: [] })).toEqual([
      'auth: exchange of keycloak: clientId must not be empty',
      'auth: exchange of keycloak: exactly one of clientSecret and privateKey must be given',
      'auth: exchange of keycloak: audience, resource or scopes must say what the new tokens are for',
    ]);
    expect(faults({ clientSecret: undefined as never, privateKey: { kty: 'oct', k: 'c2VjcmV0' } })).toEqual([
      'auth: exchange of keycloak: privateKey must be a private JWK with `alg`, as JSON',
    ]);
  });

  it('needs the issuer’s own metadata: not with a key that was given', () => {
    const given = { issuer: 'https://id.example.com', secret: 'a secret that this host shares with it', exchange: APP };
    expect(() => made(jwt(given))).toThrow(ConfigError);
    expect(made(jwt({ issuer: 'https://id.example.com', exchange: APP }))).toMatchObject({ kind: 'direct' });
  });

  it.each(['http://id.example.com/token', 'https://id.example.com/token'])(
    'in production is asked for at %s only with TLS',
    async (url) => {
      const asked: string[] = [];
      const far: typeof fetch = async (input) => {
        asked.push(String(input));
        if (String(input) === url) return Response.json({ access_token: 'exchanged-EXAMPLE', token_type: 'Bearer' });
        return Response.json({ issuer: 'https://id.example.com', token_endpoint: url });
      };
      const deps = providerDeps({ production: true, fetch: far });
      const exchange = tokenExchange('https://id.example.com', tokenExchangeRules('test', APP), deps);
      const outcome = await exchange('the caller’s').then(
        ({ accessToken }) => accessToken,
        ({ reason }) => reason,
      );
      const safe = url.startsWith('https:');
      expect(outcome).toBe(safe ? 'exchanged-EXAMPLE' : 'metadata_without_token_endpoint');
      expect(asked.includes(url)).toBe(safe);
    },
  );
});
