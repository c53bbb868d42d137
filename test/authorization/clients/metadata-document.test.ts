import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownClients } from '../../../src/authorization/clients/known-clients.ts';
import {
  checkMetadataDocumentUrl,
  defaultMetadataDocumentPolicy,
  type MetadataDocumentPolicy,
  readMetadataDocument,
} from '../../../src/authorization/clients/metadata-document.ts';

const ID = 'https://c.test/client.json';
const MINIMAL = { client_id: ID, client_name: 'Client', redirect_uris: ['https://c.test/cb'] };
const EC = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};

interface Served {
  readonly status?: number;
  readonly contentType?: string | undefined;
}

const readText = (text: string | Uint8Array, served: Served = {}, policy = defaultMetadataDocumentPolicy) =>
  readMetadataDocument(
    ID,
    {
      status: 200,
      contentType: 'application/json',
      ...served,
      body: typeof text === 'string' ? Buffer.from(text) : text,
    },
    policy,
  );
const read = (members: object) => readText(JSON.stringify({ ...MINIMAL, ...members }));

const refusal = (description: string | RegExp) =>
  expect.objectContaining({ ok: false, description: expect.stringMatching(description) });

describe('checkMetadataDocumentUrl', () => {
  it.each([ID, 'https://c.test/a/b?v=1', 'https://c.test/client/'])('CI-01 takes %s', (url) => {
    expect(checkMetadataDocumentUrl(url, defaultMetadataDocumentPolicy)).toBeUndefined();
  });

  it.each(['https://c.test', 'https://c.test/', 'https://c.test/?x=1', 'https://c.test?x=1'])(
    'CI-01 refuses %s, which has no path',
    (url) => {
      expect(checkMetadataDocumentUrl(url, defaultMetadataDocumentPolicy)).toBe(
        'The URL names no document: it needs a path.',
      );
    },
  );

  it.each([
    'http://c.test/x',
    'https://c.test/x#',
    'https://@c.test/x',
    'https://127.0.0.1/x',
    'https://c.test:444/x',
    '',
    'x',
  ])('CI-01 refuses %j', (url) => {
    expect(checkMetadataDocumentUrl(url, defaultMetadataDocumentPolicy)).toMatch(/^The URL /);
  });

  it('CI-18 refuses our own host', () => {
    const policy = { ...defaultMetadataDocumentPolicy, fetchRules: { denyHosts: ['mcp.example.com'] } };
    expect(checkMetadataDocumentUrl('https://mcp.example.com/authorize?client_id=x', policy)).toBe(
      'The URL leads back to this server.',
    );
    expect(checkMetadataDocumentUrl(ID, policy)).toBeUndefined();
  });

  it('CI-22 trusts exactly the hosts that are listed, and those below an entry with a dot', () => {
    const policy: MetadataDocumentPolicy = {
      ...defaultMetadataDocumentPolicy,
      trustedHosts: ['claude.ai', '.example.com'],
    };
    for (const url of ['https://claude.ai/x', 'https://a.example.com/x', 'https://a.b.example.com/x']) {
      expect(checkMetadataDocumentUrl(url, policy)).toBeUndefined();
    }
    for (const url of [
      'https://evilclaude.ai/x',
      'https://claude.ai.evil.test/x',
      'https://claude.ai@evil.test/x',
      'https://CLAUDE.AI/x',
      'https://xn--clude-5ve.ai/x',
      'https://www.claude.ai/x',
      'https://example.com/x',
      'https://evilexample.com/x',
    ]) {
      expect(checkMetadataDocumentUrl(url, policy)).toBeDefined();
    }
  });

  it('takes documents from loopback where the policy allows it, on any port', () => {
    const policy = { ...defaultMetadataDocumentPolicy, fetchRules: { allowLoopback: true } };
    expect(checkMetadataDocumentUrl('https://localhost:4443/oauth/client.json', policy)).toBeUndefined();
    expect(
      checkMetadataDocumentUrl('https://localhost:4443/oauth/client.json', defaultMetadataDocumentPolicy),
    ).toBeDefined();
  });
});

describe('readMetadataDocument', () => {
  it('CI-11 reads a minimal document as a public client', () => {
    expect(read({})).toEqual({
      ok: true,
      metadata: {
        client_id: ID,
        client_name: 'Client',
        redirect_uris: ['https://c.test/cb'],
        application_type: 'web',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
    });
  });

  it.each(
    knownClients.filter((client) => client.documentHosts.length > 0).map((client) => [client.name, client] as const),
  )('reads the document of %s', (_name, client) => {
    const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
    expect(read({ client_name: client.name, redirect_uris: client.redirectUris, grant_types: grants })).toMatchObject({
      ok: true,
      metadata: { redirect_uris: client.redirectUris, grant_types: ['authorization_code', 'refresh_token'] },
    });
  });

  it.each([
    'text/html',
    undefined,
    '',
    'image/svg+xml',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'text/json',
    'application/jsonx',
    'application/+json',
    'application/json, text/html',
  ])('CI-09 refuses the content type %j', (contentType) => {
    expect(readText(JSON.stringify(MINIMAL), { contentType })).toEqual(refusal(/not served as application\/json/));
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/cimd+json',
    'application/vnd.example.client+json',
  ])('CI-09 takes the content type %s', (contentType) => {
    expect(readText(JSON.stringify(MINIMAL), { contentType }).ok).toBe(true);
  });

  it.each([201, 204, 206, 304, 404, 410])('CI-09 refuses status %i', (status) => {
    expect(readText(JSON.stringify(MINIMAL), { status })).toEqual(refusal(`answered with status ${status}`));
  });

  it.each([
    undefined,
    null,
    [ID],
    { url: ID },
    '',
    `${ID}/`,
    'https://c.test/Client.json',
    'https://C.test/client.json',
    'https://c.test:443/client.json',
    'https://c.test/%63lient.json',
    'https://с.test/client.json',
    'http://c.test/client.json',
  ])('CI-10 refuses the client_id %j', (clientId) => {
    expect(read({ client_id: clientId })).toEqual(refusal(/not exactly the URL it was fetched from/));
  });

  it('CI-10 refuses a member that is named twice, at any depth and however it is escaped', () => {
    const text = JSON.stringify(MINIMAL).slice(0, -1);
    for (const more of [
      `,"client_id":"${ID}"}`,
      `,"client\\u005fid":"${ID}"}`,
      ',"redirect_uris":["https://c.test/cb"]}',
      ',"jwks":{"keys":[{"kty":"EC","kty":"RSA"}]}}',
    ]) {
      expect(readText(text + more)).toEqual(refusal(/names a member twice/));
    }
    expect(readText(`${text},"a":{"b":1,"c":[{"b":1},{"b":"b\\":\\"b"}]},"b":[1],"c":"a:b"}`).ok).toBe(true);
  });

  it('finds a repeated member in any JSON, and only there', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (members, name) => {
        const document = { ...MINIMAL, extra: members };
        expect(readText(JSON.stringify(document)).ok).toBe(true);
        const key = JSON.stringify(name);
        const repeated = `${JSON.stringify(MINIMAL).slice(0, -1)},"extra":[{${key}:1,${key}:2}]}`;
        expect(readText(repeated)).toEqual(refusal(/names a member twice/));
      }),
    );
  });

  it.each([
    ['client_secret', 'x'],
    ['client_secret', ''],
    ['client_secret_expires_at', 0],
  ])('CI-11 refuses the member %s', (member, value) => {
    expect(read({ [member]: value })).toEqual(refusal(/holds a client secret/));
  });

  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'tls_client_auth'])(
    'CI-11 refuses the auth method %s',
    (method) => {
      expect(read({ token_endpoint_auth_method: method })).toEqual(refusal(/must be one of none, private_key_jwt/));
    },
  );

  it('CI-11 takes private_key_jwt with public keys and refuses private and symmetric ones', () => {
    const method = { token_endpoint_auth_method: 'private_key_jwt' };
    expect(read({ ...method, jwks: { keys: [EC] } })).toMatchObject({
      ok: true,
      metadata: { ...method, jwks: { keys: [EC] } },
    });
    expect(read({ ...method, jwks_uri: 'https://c.test/jwks.json' }).ok).toBe(true);
    for (const key of [
      { ...EC, d: 'AA' },
      { kty: 'oct', k: 'AA' },
    ]) {
      expect(read({ ...method, jwks: { keys: [key] } })).toEqual(refusal(/private or symmetric key/));
    }
  });

  it('CI-19 refuses a jwks_uri that leads inside', () => {
    for (const uri of ['https://10.0.0.1/jwks', 'https://metadata.google.internal/jwks', 'http://c.test/jwks']) {
      const read1 = read({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri });
      expect(read1).toEqual(refusal(/^jwks_uri cannot be used/));
    }
  });

  it.each([undefined, '', '\u200B', null])('CI-11 refuses the client_name %j', (name) => {
    expect(read({ client_name: name })).toEqual(refusal('The metadata document has no client_name.'));
  });

  it.each([undefined, [], ['https://*.c.test/cb'], ['javascript:alert(1)'], ['http://c.test/cb'], 'https://c.test/cb'])(
    'CI-11 refuses the redirect_uris %j',
    (uris) => {
      expect(read({ redirect_uris: uris })).toMatchObject({ ok: false, error: 'invalid_redirect_uri' });
    },
  );

  it.each(['client_credentials', 'implicit', 'password'])('CI-11 refuses the grant %s', (grant) => {
    expect(read({ grant_types: ['authorization_code', grant] })).toEqual(refusal(/^grant_types may hold/));
  });

  it('leaves out grants that other servers may serve', () => {
    const grants = ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'];
    expect(read({ grant_types: grants })).toMatchObject({
      ok: true,
      metadata: { grant_types: ['authorization_code'] },
    });
  });

  it('CI-13 refuses a redirect URI on a host outside the allow-list of the server', () => {
    const policy = { ...defaultMetadataDocumentPolicy, redirects: { privateSchemes: [], allowedHosts: ['d.test'] } };
    expect(readText(JSON.stringify(MINIMAL), {}, policy)).toEqual(refusal(/^The redirect URI names the host c\.test/));
  });

  it.each([
    ['a byte order mark', Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(JSON.stringify(MINIMAL))])],
    ['trailing garbage', `${JSON.stringify(MINIMAL)}x`],
    ['two documents', JSON.stringify(MINIMAL).repeat(2)],
    ['NaN', JSON.stringify(MINIMAL).replace('}', ',"a":NaN}')],
    ['UTF-16', Buffer.from(JSON.stringify(MINIMAL), 'utf16le')],
    ['broken UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from('c0af', 'hex'), Buffer.from('"}')])],
    ['an array', JSON.stringify([MINIMAL])],
    ['null', 'null'],
    ['a text', '"x"'],
    ['nothing', ''],
    ['depth 2,500 without end', '[{"a":'.repeat(800)],
  ])('CI-12 refuses %s', (_what, body) => {
    expect(readText(body)).toEqual(refusal(/is not (?:JSON in UTF-8|a JSON object)/));
  });

  it('CI-12 ignores what it does not know, also when it is deep or called like a prototype', () => {
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    const text = JSON.stringify(MINIMAL).slice(0, -1);
    const result = readText(
      `${text},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"deep":${deep}}`,
    );
    expect(result).toEqual(read({}));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(readText(`{"__proto__":${JSON.stringify(MINIMAL)}}`).ok).toBe(false);
  });

  it('CI-12 reads 100,000 members in no time', () => {
    const members = Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}`).join(',');
    const start = performance.now();
    expect(readText(`${JSON.stringify(MINIMAL).slice(0, -1)},${members}}`).ok).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
