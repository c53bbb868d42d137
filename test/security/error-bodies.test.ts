import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { machineToken, type SecretMachine, secretMachine } from '../support/machine.ts';
import { ask, callTool, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import { authorizeUrl, type Registered, registerClient, type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const INNER = 'connect ECONNREFUSED 10.1.2.3:6379 at /srv/app/node_modules/driver/index.js';

const { store, failWhen } = faultyStore();
let world: World;
let client: Registered;
let ada: SignedIn;
let machine: SecretMachine;

beforeAll(async () => {
  world = await startWorld({
    settings: { store },
    mount: (host) => {
      const server = defineServer({
        name: 'notes',
        version: '1.0.0',
        scopes: { 'notes:read': 'Read' },
        defaultScopes: ['notes:read'],
      });
      server.tool('fail', { description: 'Fails', scopes: ['notes:read'] }, () => {
        throw new Error(INNER);
      });
      host.mount('/notes', server);
      host.app.get('/theirs', () => {
        throw new Error(INNER);
      });
    },
  });
  client = await registerClient(world.url);
  ada = await signIn(world.url);
  machine = await secretMachine(world.host.authorization, ['notes:read']);
});
afterAll(() => world.close());

const expectSilent = ({ text, headers }: PlainAnswer): void => {
  const told = text + JSON.stringify([...headers]);
  for (const word of [
    'ECONNREFUSED',
    '10.1.2.3',
    'node_modules',
    '/srv/',
    '.ts:',
    '.js:',
    'call_lost',
    '    at ',
    'oidc-provider',
    'Error:',
  ]) {
    expect(told).not.toContain(word);
  }
};

describe('LG-03 what went wrong inside', () => {
  it('LG-03 is a general sentence to the caller of a tool or a route, and everything to the log', async () => {
    const tool = await callTool(`${world.url}/notes/mcp`, ada.access, 'fail');
    const route = await ask(`${world.url}/theirs`);
    expect([tool.status, route.status]).toEqual([200, 500]);
    expect(route.body).toEqual({ error: 'server_error', error_description: 'Something went wrong here.' });
    for (const answer of [tool, route]) expectSilent(answer);
    expect(world.logged.filter((line) => line.includes('ECONNREFUSED')).length).toBe(2);
    const id = route.headers.get('x-request-id') ?? '';
    expect(world.logged.some((line) => line.includes(id) && line.includes('request_failed'))).toBe(true);
  });

  it('LG-03 ST-10 is 503 with Retry-After and no challenge while the store is out, and nothing is issued', async () => {
    const { url } = world;
    const uncalled = await signIn(url);
    failWhen(() => 'call');
    const answers: Record<string, PlainAnswer> = {
      call: await callTool(`${url}/notes/mcp`, uncalled.access, 'fail'),
      authorize: await ask(authorizeUrl(url, client)),
      token: await machineToken(url, machine),
      refresh: await postForm(`${url}/token`, {
        grant_type: 'refresh_token',
        client_id: ada.client.client_id,
        refresh_token: ada.refresh,
      }),
      revoke: await postForm(`${url}/revoke`, { token: ada.refresh, client_id: ada.client.client_id }),
      introspect: await postForm(`${url}/introspect`, {
        token: ada.access,
        client_id: machine.id,
        client_secret: machine.secret,
      }),
      register: await postJson(`${url}/register`, { redirect_uris: ['https://app.example/cb'] }),
      management: await ask(ada.client.registration_client_uri, {
        headers: { authorization: `Bearer ${ada.client.registration_access_token}` },
      }),
      ready: await ask(`${url}/readyz`),
    };
    failWhen();
    for (const [what, answer] of Object.entries(answers)) {
      expect([what, answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([what, 503, true]);
      expect(answer.headers.has('www-authenticate')).toBe(false);
      expectSilent(answer);
    }
    expect(answers.token?.body.error).toBe('temporarily_unavailable');
    expect((await machineToken(url, machine)).status).toBe(200);
    const refreshed = await postForm(`${url}/token`, {
      grant_type: 'refresh_token',
      client_id: ada.client.client_id,
      refresh_token: ada.refresh,
    });
    expect(refreshed.status).toBe(200);
  });
});

describe('LG-07 what anybody may ask', () => {
  it('LG-07 tells nothing of accounts, clients, mounts or versions', async () => {
    for (const path of ['/healthz', '/readyz', '/', '/metrics', '/sign-out', '/authorize', '/interaction/none']) {
      const { text: whole, headers } = await ask(`${world.url}${path}`, { headers: { accept: 'text/html' } });
      // Its random digits may spell a short name.
      const text = whole.replaceAll(headers.get('x-request-id') ?? '', '');
      for (const word of ['ada', 'grace', client.client_id, machine.id, 'notes', '0.1.0', 'Express', 'Node']) {
        expect([path, word, `${text} ${headers.get('server')} ${headers.get('x-powered-by')}`.includes(word)]).toEqual([
          path,
          word,
          false,
        ]);
      }
    }
  });
});

describe('PP-05 a refusal', () => {
  const asked = ['text/html', 'application/json', 'application/xml;q=0.9, */*;q=0.1', '*/*', 'nonsense'];

  it.each(asked)('PP-05 is JSON at every endpoint for programs, also when %s is asked for', async (accept) => {
    const { url } = world;
    const headers = { accept };
    const answers = [
      await postForm(`${url}/token`, { grant_type: '<b>' }, headers),
      await postForm(`${url}/revoke?callback=alert&format=html`, {}, headers),
      await postForm(`${url}/introspect?callback=alert`, { token: '<script>' }, headers),
      await postJson(`${url}/register?callback=alert`, { redirect_uris: ['javascript:alert(1)'] }, headers),
      await ask(`${url}/token`, { headers }),
      await ask(`${url}/nothing/<script>`, { headers }),
      await ask(`${url}/notes/mcp?callback=alert`, { headers }),
    ];
    for (const { status, headers: got, text, body } of answers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(got.get('content-type')).toMatch(/^application\/json/);
      expect(got.get('x-content-type-options')).toBe('nosniff');
      expect(body).toHaveProperty('error_description');
      expect(text).not.toMatch(/^\s*alert|<b>|<script/);
    }
  });

  it('PP-05 is a page at the addresses for people, and never their text', async () => {
    for (const path of [
      '/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E',
      '/interaction/%3Cscript%3E',
      '/sign-out?x=<script>',
    ]) {
      const page = await ask(`${world.url}${path}`, { headers: { accept: 'text/html' } });
      expect([path, page.headers.get('content-type')]).toEqual([path, 'text/html; charset=utf-8']);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.text).not.toContain('<script');
    }
  });
});

describe('TK-19 a malformed request', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '',
      '%',
      '%00',
      '%ff',
      '"\\"',
      '\u202e',
      '<script>',
      'ü',
      '[]',
      '{}',
      'null',
      '__proto__',
      '../..',
      "' OR 1=1--",
    ),
  );
  const names = [
    'grant_type',
    'code',
    'refresh_token',
    'client_id',
    'client_secret',
    'scope',
    'resource',
    'token',
    'client_assertion',
    '__proto__',
    'constructor[prototype]',
    'redirect_uris',
  ];
  const form = fc.array(fc.tuple(fc.constantFrom(...names), odd), { maxLength: 6 });

  it('TK-19 is answered with two plain members and nothing of itself, five hundred times', async () => {
    const run = async (path: string, fields: readonly (readonly [string, string])[]) => {
      const answer = await postForm(`${world.url}${path}`, fields);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(Object.keys(answer.body).filter((name) => name !== 'error' && name !== 'error_description')).toEqual([]);
      expect(String(answer.body.error_description ?? '')).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
      expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
      expectSilent(answer);
    };
    const path = fc.constantFrom('/token', '/revoke', '/introspect', '/register');
    await fc.assert(fc.asyncProperty(path, form, run), { numRuns: 500, seed: 20_261_101 });
  });
});
