import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, callTool, type PlainAnswer, postForm, postJson } from '../support/plain-http.ts';
import { authorize, authorizeUrl, CALLBACK, redeem, type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let ada: SignedIn;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
  ada = await signIn(world.url, { scope: 'notes:write' });
});
afterAll(() => world.close());
afterEach(() => {
  const plain: Record<string, unknown> = {};
  expect([plain.polluted, plain.admin, plain.scopes, Object.keys(Object.prototype)]).toEqual([
    undefined,
    undefined,
    undefined,
    [],
  ]);
});

const refused = ({ status, body }: PlainAnswer): readonly [boolean, unknown] => [
  status >= 400 && status < 500,
  body.error,
];

describe('PP-01 members that name a prototype', () => {
  const polluting = '"__proto__":{"polluted":1,"admin":true},"constructor":{"prototype":{"polluted":1}},"toString":"x"';

  it('PP-01 are dropped from a registration, which works', async () => {
    const answer = await postJson(
      `${world.url}/register`,
      `{"redirect_uris":["${CALLBACK}"],"token_endpoint_auth_method":"none",${polluting}}`,
    );
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body)).not.toContain('__proto__');
    expect(answer.text).not.toContain('polluted');
  });

  it('PP-01 are nothing in the forms of the endpoints', async () => {
    const fields = [
      ['__proto__', 'x'],
      ['__proto__.polluted', '1'],
      ['constructor', 'x'],
      ['toString', 'x'],
      ['hasOwnProperty', 'x'],
    ] as const;
    for (const path of ['/token', '/revoke', '/introspect']) {
      const answer = await postForm(`${world.url}${path}`, [...fields, ['client_id', ada.client.client_id]]);
      expect([path, ...refused(answer)]).toMatchObject([path, true, expect.stringMatching(/^invalid_|^unsupported/)]);
    }
    const authorized = await authorize(world.url);
    const good = await postForm(`${world.url}/token`, [
      ...fields,
      ['grant_type', 'authorization_code'],
      ['client_id', authorized.client.client_id],
      ['code', authorized.code],
      ['code_verifier', authorized.verifier],
    ]);
    expect(good.status).toBe(200);
  });

  it('PP-01 are data in the arguments of a tool and change no message', async () => {
    const message = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"x",${polluting}},${polluting}},${polluting}}`;
    const headers = { authorization: `Bearer ${ada.access}`, accept: 'application/json, text/event-stream' };
    expect((await postJson(`${world.url}/notes/mcp`, message, headers)).status).toBeLessThan(500);
    expect((await callTool(`${world.url}/notes/mcp`, ada.access, '__proto__')).body.error).toMatchObject({
      code: -32602,
    });
    expect((await callTool(`${world.url}/notes/mcp`, ada.access, 'constructor')).body.error).toMatchObject({
      code: -32602,
    });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'PP-01 CC-08 AZ-01 %s is no client, scope, resource, account or path',
    async (name) => {
      const { url } = world;
      expect((await ask(authorizeUrl(url, { client_id: name }))).status).toBe(400);
      const asked = await ask(authorizeUrl(url, ada.client, { scope: name }));
      expect(asked.headers.get('location')).toContain('error=invalid_scope');
      const resource = await ask(authorizeUrl(url, ada.client, { resource: name }));
      expect(resource.headers.get('location')).toContain('error=invalid_target');
      expect(refused(await postForm(`${url}/token`, { grant_type: name, client_id: name }))[0]).toBe(true);
      expect(await world.host.authorization.accounts.verify(name, 'correct horse battery')).toBeUndefined();
      for (const path of [
        `/${name}`,
        `/${name}/mcp`,
        `/register/${name}`,
        `/.well-known/${name}`,
        `/interaction/${name}`,
      ]) {
        const { status } = await ask(`${url}${path}`);
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      }
    },
  );
});

describe('PP-02 a value of another type', () => {
  const odd: readonly unknown[] = [null, true, 1, 1.5, [], {}, [['x']], { length: 1, 0: 'x' }, { toString: 'x' }];

  it.each([
    'redirect_uris',
    'client_name',
    'token_endpoint_auth_method',
    'grant_types',
    'response_types',
    'application_type',
    'jwks',
    'logo_uri',
    'scope',
  ])('PP-02 in %s is refused at registration, or as if it were not there', async (member) => {
    for (const value of odd) {
      const answer = await postJson(`${world.url}/register`, { redirect_uris: [CALLBACK], [member]: value });
      expect([member, value, [201, 400].includes(answer.status)]).toEqual([member, value, true]);
      if (answer.status === 400) expect(String(answer.body.error)).toMatch(/^invalid_(client_metadata|redirect_uri)$/);
      else
        expect([undefined, '', 'web', 'native', 'client_secret_basic']).toContain(
          typeof answer.body[member] === 'object' ? undefined : answer.body[member],
        );
    }
  });

  it('PP-02 is no list of parameters: brackets, indexes and repetitions are refused', async () => {
    const authorized = await authorize(world.url);
    const fields = {
      grant_type: 'authorization_code',
      client_id: authorized.client.client_id,
      code_verifier: authorized.verifier,
    };
    for (const name of ['code[]', 'code[0]', 'code[x]', 'code.0', 'Code', ' code', 'code ']) {
      const answer = await postForm(`${world.url}/token`, { ...fields, [name]: authorized.code });
      expect([name, answer.status]).toEqual([name, 400]);
    }
    expect((await redeem(world.url, authorized)).status).toBe(200);
  });
});

describe('PP-03 bytes that could be read in two ways', () => {
  const post = (path: string, body: Buffer | string, type: string) =>
    ask(`${world.url}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
  const registration = JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' });

  it.each([
    ['a byte order mark', Buffer.from(`\uFEFF${registration}`)],
    ['UTF-16', Buffer.from(registration, 'utf16le')],
    [
      'an overlong form',
      Buffer.concat([
        Buffer.from('{"client_name":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from(`",${registration.slice(1)}`),
      ]),
    ],
    [
      'half a surrogate',
      Buffer.concat([
        Buffer.from('{"client_name":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from(`",${registration.slice(1)}`),
      ]),
    ],
    ['something after the end', Buffer.from(`${registration}{}`)],
    ['a comment', Buffer.from(`/**/${registration}`)],
    ['NaN', Buffer.from(`{"x":NaN,${registration.slice(1)}`)],
  ])('PP-03 %s is no JSON to register with', async (_what, body) => {
    const answer = await post('/register', body, 'application/json');
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    expect((await post('/register', registration, 'application/json')).status).toBe(201);
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([...Buffer.from('grant_type=refresh_token&refresh_token='), 0xff])],
    ['an escape of such bytes', 'grant_type=refresh_token&refresh_token=%ff'],
    ['an escape that is none', 'grant_type=refresh_token&refresh_token=%zz'],
  ])('PP-03 %s are no form for a token', async (_what, body) => {
    const answer = await post('/token', body, 'application/x-www-form-urlencoded');
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  it('PP-03 are decoded once: an escaped escape stays one, plus is a space, a semicolon divides nothing', async () => {
    const authorized = await authorize(world.url);
    const { client, code, verifier } = authorized;
    const form = (value: string) =>
      `grant_type=authorization_code&client_id=${client.client_id}&code_verifier=${verifier}&code=${value}`;
    const twice = [...code].map((one) => `%25${one.charCodeAt(0).toString(16)}`).join('');
    for (const body of [form(twice), form(`${code}+`), form('x').replace('&code=x', `;code=${code}`)]) {
      expect((await post('/token', body, 'application/x-www-form-urlencoded')).status).toBe(400);
    }
    const once = [...code].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('');
    expect((await post('/token', form(once), 'application/x-www-form-urlencoded')).status).toBe(200);
  });

  it('PP-03 make no second spelling of a client, a resource or a scope', async () => {
    const { client_id: id } = ada.client;
    const wide = id.replace('client', 'ｃlient');
    for (const client_id of [`${id}\0`, `${id} `, ` ${id}`, wide, id.toUpperCase(), `${id}\u200b`]) {
      expect([client_id, (await ask(authorizeUrl(world.url, { client_id }))).status]).toEqual([client_id, 400]);
    }
    for (const scope of ['notes:Read', 'notes：read', 'notes:read\0', 'notes%3Aread']) {
      const { headers } = await ask(authorizeUrl(world.url, ada.client, { scope }));
      expect([scope, headers.get('location')]).toEqual([scope, expect.stringContaining('error=invalid_scope')]);
    }
  });
});
