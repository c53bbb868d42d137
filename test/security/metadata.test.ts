import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlacedHost, type Placement, startPlacedHost } from '../support/placed-host.ts';
import { ask, callTool, type PlainAnswer } from '../support/plain-http.ts';
import { sendRaw } from '../support/raw-http.ts';
import { signIn } from '../support/signed-in.ts';

const PLACES: readonly (readonly [string, Placement])[] = [
  ['at the root of its origin', {}],
  ['below a path', { path: '/mcp-host' }],
  ['behind a proxy that is trusted', { settings: { trustProxyHops: 1 } }],
  ['in the app of somebody else', { into: (app, { router }) => app.use(router) }],
  ['below a path in the app of somebody else', { path: '/mcp-host', into: (app, { router }) => app.use(router) }],
];

const FORGED = {
  'x-forwarded-host': 'evil.test',
  'x-forwarded-proto': 'ftp',
  'x-forwarded-port': '1',
  'x-forwarded-prefix': '/evil',
  forwarded: 'host=evil.test;proto=ftp',
  'x-original-url': '/evil',
  'x-rewrite-url': '/evil',
  'x-host': 'evil.test',
};

describe.each(PLACES)('the documents of a host %s', (_place, placement) => {
  let placed: PlacedHost;
  let path: string;
  beforeAll(async () => {
    placed = await startPlacedHost(placement);
    path = placement.path ?? '';
  });
  afterAll(() => placed.close());

  const get = (where: string, init: RequestInit = {}): Promise<PlainAnswer> => ask(`${placed.origin}${where}`, init);
  const serverDocuments = () => [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
  ];
  const everyDocument = () => [
    ...serverDocuments(),
    ...['echo', 'math', 'notes'].map((name) => `/.well-known/oauth-protected-resource${path}/${name}/mcp`),
    `${path}/jwks`,
  ];

  it('MD-06 name the same issuer and say the same at every address that a client may try', async () => {
    const [oauth, ...openid] = await Promise.all(serverDocuments().map((where) => get(where)));
    expect(oauth?.body.issuer).toBe(placed.url);
    for (const { status, body } of openid) {
      expect(status).toBe(200);
      expect(body).toMatchObject(oauth?.body ?? {});
      const more = Object.keys(body).filter((name) => !(name in (oauth?.body ?? {})));
      expect(more).toEqual(['subject_types_supported', 'id_token_signing_alg_values_supported']);
    }
  });

  it('AZ-18 name the issuer that signs the way back, and the one that its tokens name', async () => {
    const { arrived, access } = await signIn(placed.url);
    expect(arrived.searchParams.getAll('iss')).toEqual([placed.url]);
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ iss: placed.url, aud: `${placed.url}/notes/mcp` });
    expect((await callTool(`${placed.url}/notes/mcp`, access, 'list_notes')).status).toBe(200);
  });

  it('MD-12 lead from a mount to this server and name no other', async () => {
    const { body } = await get(`/.well-known/oauth-protected-resource${path}/notes/mcp`);
    expect(body).toMatchObject({ resource: `${placed.url}/notes/mcp`, authorization_servers: [placed.url] });
    for (const where of everyDocument()) {
      const urls = (await get(where)).text.match(/https?:\/\/[^"]*/g) ?? [];
      expect(urls.filter((url) => url !== placed.url && !url.startsWith(`${placed.url}/`))).toEqual([]);
    }
  });

  it('MD-07 are found under no other path, and no path becomes part of an issuer', async () => {
    const strays = [
      '/.well-known/oauth-authorization-server/tenant9',
      `/.well-known/oauth-authorization-server${path}/evil`,
      `/.well-known/oauth-authorization-server${path}%2f..%2ftenant2`,
      `/.well-known/oauth-authorization-server${path}/`,
      `/.well-known/openid-configuration${path}/notes/mcp`,
      `/.well-known/OAuth-authorization-server${path}`,
      `/tenant9/.well-known/openid-configuration`,
      ...(path === '' ? [] : ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/jwks']),
    ];
    for (const stray of strays) {
      const request = `GET ${stray} HTTP/1.1\r\nHost: localhost:${placed.port}\r\nConnection: close\r\n\r\n`;
      const [answer] = await sendRaw(placed.port, request);
      expect([stray, answer?.status]).toEqual([stray, 404]);
      expect(answer?.body).not.toContain('issuer');
    }
  });

  it('MD-05 MD-14 are the same bytes whatever headers claim, and may be kept an hour at most', async () => {
    for (const where of everyDocument()) {
      const [plain, forged] = [await get(where), await get(where, { headers: FORGED })];
      expect([where, plain.status, forged.text]).toEqual([where, 200, plain.text]);
      const age = /max-age=(\d+)/.exec(forged.headers.get('cache-control') ?? '')?.[1] ?? '0';
      expect(Number(age)).toBeLessThanOrEqual(3600);
      expect(JSON.stringify([...forged.headers])).not.toContain('evil');
    }
  });

  it('MD-04 are not answered to a foreign Host, and are canonical for every name of this machine', async () => {
    const send = (where: string, ...hosts: string[]) =>
      sendRaw(placed.port, `GET ${where} HTTP/1.1\r\n${hosts.map((name) => `Host: ${name}\r\n`).join('')}\r\n`);
    for (const where of [...everyDocument(), `${path}/authorize?client_id=x`, `${path}/sign-out`]) {
      for (const hosts of [
        ['evil.test'],
        ['evil.test:443'],
        ['localhost.evil.test'],
        [`localhost:${placed.port}`, 'evil.test'],
      ]) {
        const [answer] = await send(where, ...hosts);
        expect([where, hosts, [400, 421].includes(answer?.status ?? 0)]).toEqual([where, hosts, true]);
        expect(JSON.stringify([...(answer?.headers ?? [])]) + answer?.body).not.toContain('evil');
      }
    }
    const [own, other] = [
      await get(`/.well-known/oauth-authorization-server${path}`),
      await send(`/.well-known/oauth-authorization-server${path}`, '127.0.0.1:1'),
    ];
    expect(other[0]?.body).toBe(own.text);
  });

  it('MD-04 say nothing of the host in a request line that holds a whole URL', async () => {
    for (const where of [...everyDocument(), `${path}/authorize?client_id=x`, `${path}/notes/mcp`]) {
      const request = `GET http://evil.test${where} HTTP/1.1\r\nHost: localhost:${placed.port}\r\n\r\n`;
      const [answer] = await sendRaw(placed.port, request);
      expect([where, (answer?.status ?? 500) < 500]).toEqual([where, true]);
      expect(JSON.stringify([...(answer?.headers ?? [])]) + answer?.body).not.toContain('//evil');
    }
  });

  it('MD-09 hold public signing keys and nothing private', async () => {
    const { body } = await get(`${path}/jwks`);
    const keys = body.keys as readonly Record<string, unknown>[];
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
    expect(keys.every(({ alg, use }) => alg === 'ES256' && use === 'sig')).toBe(true);
  });

  it('MD-10 can be read from every web origin, and only read', async () => {
    for (const where of [...serverDocuments(), `${path}/jwks`]) {
      const read = await get(where, { headers: { origin: 'https://app.example' } });
      expect([where, read.headers.get('access-control-allow-origin')]).toEqual([where, '*']);
      expect(read.headers.has('access-control-allow-credentials')).toBe(false);
      const [head, post] = [await get(where, { method: 'HEAD' }), await get(where, { method: 'POST' })];
      expect([where, head.status, head.text, post.status]).toEqual([where, 200, '', 405]);
      expect(post.headers.get('allow')).toContain('GET');
    }
  });
});
