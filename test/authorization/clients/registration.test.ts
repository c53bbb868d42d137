import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { knownClients } from '../../../src/authorization/clients/known-clients.ts';
import {
  defaultRegistrationPolicy,
  type RegistrationPolicy,
  registrationRequest,
} from '../../../src/authorization/clients/registration.ts';

const MINIMAL = { redirect_uris: ['https://c.test/cb'] };
const policy: RegistrationPolicy = { ...defaultRegistrationPolicy, fetchRules: { denyHosts: ['mcp.example.com'] } };

const register = (body: unknown) => registrationRequest(body, policy);

function accepted(members: object) {
  const read = register({ ...MINIMAL, ...members });
  if (!read.ok) throw new Error(`refused: ${read.error}: ${read.description}`);
  return read.metadata;
}

function refused(body: unknown): { error: string; description: string } {
  const read = register(body);
  if (read.ok) throw new Error(`accepted: ${JSON.stringify(read.metadata)}`);
  expect(read.description).not.toBe('');
  return read;
}

const refusedMember = (members: object) => refused({ ...MINIMAL, ...members });

const jwk = (options: { private?: boolean; bits?: number } = {}): Record<string, unknown> => {
  const pair =
    options.bits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: options.bits });
  return { ...(options.private ? pair.privateKey : pair.publicKey).export({ format: 'jwk' }) };
};

describe('registrationRequest', () => {
  it('fills in the defaults of RFC 7591 for a request that says next to nothing', () => {
    expect(register(MINIMAL)).toEqual({
      ok: true,
      metadata: {
        redirect_uris: ['https://c.test/cb'],
        application_type: 'web',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    });
  });

  it.each(knownClients.map((client) => [client.name, client] as const))(
    'RG-06 registers %s as it asks',
    (_name, client) => {
      const read = register({
        client_name: client.name,
        redirect_uris: client.redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: client.authMethod,
        scope: 'notes:read offline_access',
        client_uri: '',
      });
      expect(read).toMatchObject({
        ok: true,
        metadata: {
          client_name: client.name,
          redirect_uris: client.redirectUris,
          token_endpoint_auth_method: client.authMethod,
          grant_types: ['authorization_code', 'refresh_token'],
        },
      });
    },
  );

  it('RG-01 refuses the whole request for one bad redirect URI, and says which rule it broke', () => {
    expect(refused({ redirect_uris: ['https://c.test/cb', 'javascript:alert(1)'] })).toMatchObject({
      error: 'invalid_redirect_uri',
      description: 'The redirect URI uses the scheme javascript:, which is never allowed.',
    });
  });

  it.each([
    ['web', 'http://127.0.0.1/cb'],
    ['web', 'com.example.app:/cb'],
    ['native', 'http://c.test/cb'],
    ['native', 'foo:/cb'],
  ])('RG-07 refuses application_type %s with %s', (type, uri) => {
    expect(refused({ redirect_uris: [uri], application_type: type }).error).toBe('invalid_redirect_uri');
  });

  it('RG-07 takes native with loopback, and refuses a type that does not exist', () => {
    expect(accepted({ redirect_uris: ['http://127.0.0.1/cb'], application_type: 'native' }).application_type).toBe(
      'native',
    );
    expect(refusedMember({ application_type: 'desktop' })).toMatchObject({
      error: 'invalid_client_metadata',
      description: 'application_type must be web or native.',
    });
  });

  it.each([
    undefined,
    null,
    [],
    [null],
    [{}],
    new Array(3),
    'https://c.test/cb',
    { length: 1, 0: 'https://c.test/cb' },
    Array.from({ length: 21 }, (_, index) => `https://c.test/${index}`),
    [`https://c.test/${'x'.repeat(3000)}`],
    Array.from({ length: 10_000 }, (_, index) => `https://c.test/${index}`),
  ])('RG-10 refuses the redirect_uris of case %#', (uris) => {
    expect(refused({ redirect_uris: uris }).error).toBe('invalid_redirect_uri');
  });

  it('RG-10 takes 20 redirect URIs and drops repeats', () => {
    const uris = Array.from({ length: 20 }, (_, index) => `https://c.test/${index}`);
    expect(accepted({ redirect_uris: uris }).redirect_uris).toEqual(uris);
    expect(accepted({ redirect_uris: ['https://c.test/1', 'https://c.test/1'] }).redirect_uris).toEqual([
      'https://c.test/1',
    ]);
  });

  it.each([null, undefined, [], [MINIMAL], 'x', 1, true])('RG-11 refuses the body %j', (body) => {
    expect(refused(body)).toMatchObject({
      error: 'invalid_client_metadata',
      description: 'The registration request must be a JSON object.',
    });
  });

  it('RG-11 keeps the value that it checked where a body names a member twice', () => {
    const body = JSON.parse('{"redirect_uris":["https://evil.test/cb"],"redirect_uris":["https://c.test/cb"]}');
    expect(register(body)).toMatchObject({ ok: true, metadata: { redirect_uris: ['https://c.test/cb'] } });
    const evil = JSON.parse('{"redirect_uris":["https://c.test/cb"],"redirect_uris":["javascript:alert(1)"]}');
    expect(refused(evil).error).toBe('invalid_redirect_uri');
  });

  it('RG-12 drops what a client has no say in', () => {
    const metadata = accepted({
      client_id: 'chosen',
      client_secret: 'chosen',
      client_secret_expires_at: 1,
      client_id_issued_at: 1,
      registration_access_token: 'chosen',
      registration_client_uri: 'https://c.test',
      owner: 'alice',
      trusted: true,
      first_party: true,
      skip_consent: true,
      software_id: 'x',
      contacts: ['alice@example.com'],
    });
    expect(metadata).toEqual(accepted({}));
  });

  it.each([
    ['implicit'],
    ['password'],
    ['client_credentials'],
    ['authorization_code', 'client_credentials'],
    ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    ['authorization_code', 'unknown'],
    ['refresh_token'],
    [],
  ])('RG-13 refuses grant_types %j', (...grants) => {
    expect(refusedMember({ grant_types: grants }).error).toBe('invalid_client_metadata');
  });

  it('RG-13 refuses every response type but code', () => {
    for (const types of [['token'], ['id_token'], ['code', 'token'], ['code token'], []]) {
      expect(refusedMember({ response_types: types }).description).toBe('response_types may hold code only.');
    }
  });

  it('RG-13 takes code and refresh, and leaves out the device grant that Visual Studio Code adds', () => {
    const device = 'urn:ietf:params:oauth:grant-type:device_code';
    const { grant_types } = accepted({ grant_types: ['refresh_token', 'authorization_code', device] });
    expect(grant_types).toEqual(['authorization_code', 'refresh_token']);
  });

  it.each(['none', 'client_secret_basic', 'client_secret_post'])('RG-14 honours the auth method %s', (method) => {
    expect(accepted({ token_endpoint_auth_method: method }).token_endpoint_auth_method).toBe(method);
  });

  it.each(['tls_client_auth', 'client_secret_jwt', 'NONE', '', ['none'], 1, {}])(
    'RG-14 refuses the auth method %j',
    (method) => {
      expect(refusedMember({ token_endpoint_auth_method: method }).error).toBe('invalid_client_metadata');
    },
  );

  it('RG-14 takes private_key_jwt with keys only', () => {
    const method = { token_endpoint_auth_method: 'private_key_jwt' };
    expect(refusedMember(method).description).toBe('private_key_jwt needs jwks or jwks_uri.');
    const key = jwk();
    const signed = { ...method, jwks: { keys: [key] }, token_endpoint_auth_signing_alg: 'ES256' };
    expect(accepted(signed)).toMatchObject(signed);
    expect(accepted({ ...method, jwks_uri: 'https://c.test/jwks.json' }).jwks_uri).toBe('https://c.test/jwks.json');
    for (const alg of ['HS256', 'none', 'es256']) {
      expect(refusedMember({ ...signed, token_endpoint_auth_signing_alg: alg }).error).toBe('invalid_client_metadata');
    }
  });

  it('RG-15 keeps the public members of a key and no other', () => {
    const key = { ...jwk(), kid: 'one', use: 'sig', alg: 'ES256', trusted: true, x5c: ['x'], key_ops: ['verify'] };
    const { jwks } = accepted({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key], extra: 1 } });
    expect(Object.keys(jwks ?? {})).toEqual(['keys']);
    expect(Object.keys(jwks?.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it.each([
    ['a private EC key', { keys: [jwk({ private: true })] }],
    ['a private RSA key', { keys: [jwk({ private: true, bits: 2048 })] }],
    ['a symmetric key', { keys: [{ kty: 'oct', k: 'AAAA' }] }],
    ['a prime', { keys: [{ ...jwk({ bits: 2048 }), p: 'AQ' }] }],
    ['an RSA key of 1024 bits', { keys: [jwk({ bits: 1024 })] }],
    ['a point that is not on the curve', { keys: [{ ...jwk(), x: 'AAAA' }] }],
    ['an unknown key type', { keys: [{ kty: 'XX' }] }],
    ['a key for encryption', { keys: [{ ...jwk(), use: 'enc' }] }],
    ['a member that is no string', { keys: [{ ...jwk(), kid: 1 }] }],
    ['a huge member', { keys: [{ ...jwk(), kid: 'x'.repeat(10_000_000) }] }],
    ['too many keys', { keys: Array.from({ length: 11 }, () => jwk()) }],
    ['no key', { keys: [] }],
    ['a text', 'keys'],
    ['null among the keys', { keys: [null] }],
  ])('RG-15 refuses jwks with %s, whatever the auth method', (_what, jwks) => {
    for (const method of ['none', 'private_key_jwt']) {
      expect(refusedMember({ token_endpoint_auth_method: method, jwks }).error).toBe('invalid_client_metadata');
    }
  });

  it('RG-15 refuses jwks together with jwks_uri, and drops keys that nothing is signed with', () => {
    const keys = { jwks: { keys: [jwk()] } };
    expect(refusedMember({ ...keys, jwks_uri: 'https://c.test/jwks.json' }).description).toBe(
      'Send jwks or jwks_uri, not both.',
    );
    expect(accepted({ ...keys, token_endpoint_auth_method: 'none' }).jwks).toBeUndefined();
  });

  it.each([
    'http://c.test/jwks',
    'https://10.0.0.1/jwks',
    'https://localhost/jwks',
    'https://mcp.example.com/jwks',
    'jwks',
    'https://c.test:8443/jwks',
  ])('RG-15 refuses jwks_uri %s without asking for it', (uri) => {
    const read = refusedMember({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri });
    expect(read).toMatchObject({ error: 'invalid_client_metadata' });
    expect(read.description).toMatch(/^jwks_uri cannot be used\. The URL /);
  });

  it('RG-15 refuses jwks_uri where the policy takes keys by value only', () => {
    const body = { ...MINIMAL, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://c.test/jwks.json' };
    expect(registrationRequest(body, { ...policy, jwksUri: false })).toEqual({
      ok: false,
      error: 'invalid_client_metadata',
      description: 'jwks_uri is not supported here: send the keys as jwks.',
    });
  });

  it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'logo_uri#ja', 'client_uri#de-AT'])(
    'RG-16 refuses %s that is not https on a public host',
    (member) => {
      for (const uri of [
        'javascript:alert(1)',
        'data:text/html,x',
        'http://c.test',
        '//evil.test',
        'https://10.0.0.1/x',
        'https://2130706433/x',
        'https://[::1]/x',
        'https://localhost/x',
        'https://u@c.test/x',
        'https://c.test\\x',
        'https://c.test/ x',
        `https://c.test/${'x'.repeat(2048)}`,
        1,
        ['https://c.test'],
      ]) {
        expect(refusedMember({ [member]: uri }).error).toBe('invalid_client_metadata');
      }
    },
  );

  it('RG-16 keeps https, counts an empty text and null as absent, and drops language variants', () => {
    expect(
      accepted({
        client_uri: 'https://c.test/#about',
        logo_uri: 'https://c.test/logo.png',
        'logo_uri#ja': 'https://c.test/ja.png',
        tos_uri: '',
        policy_uri: null,
      }),
    ).toEqual({ ...accepted({}), client_uri: 'https://c.test/#about', logo_uri: 'https://c.test/logo.png' });
  });

  it.each([
    ['Plain name', 'Plain name'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['"><script>', '"><script>'],
    ['Claude (claude.ai)', 'Claude (claude.ai)'],
    ['good\u202Elive', 'goodlive'],
    ['\u2066x\u2069', 'x'],
    ['zero\u200Bwidth\uFEFF', 'zerowidth'],
    ['two\r\nlines\u2028', 'twolines'],
    ['  padded\u0000 ', 'padded'],
    ['\u200B', undefined],
    ['', undefined],
    [null, undefined],
    ['x'.repeat(100), 'x'.repeat(100)],
  ])('RG-17 keeps of the name %j what can be seen', (sent, kept) => {
    expect(accepted({ client_name: sent }).client_name).toBe(kept);
  });

  it.each(['x'.repeat(101), 'x'.repeat(10_240), '\uD800', 1, ['x'], { toString: 'x' }])(
    'RG-17 refuses the name of case %#',
    (name) => {
      expect(refusedMember({ client_name: name }).error).toBe('invalid_client_metadata');
    },
  );

  it('RG-18 takes any scope and keeps none, so that it can be no ceiling', () => {
    expect(accepted({ scope: 'admin:* tools:read' })).toEqual(accepted({}));
    expect(refusedMember({ scope: ['admin'] }).error).toBe('invalid_client_metadata');
  });

  it.each(['eyJhbGciOiJub25lIn0.e30.', 'x', {}, 1])('RG-19 refuses the software statement %j', (statement) => {
    expect(refusedMember({ software_statement: statement })).toMatchObject({
      error: 'invalid_software_statement',
      description: 'No issuer of software statements is trusted here.',
    });
  });

  it('PP-01 reads own members only and leaves no trace in prototypes', () => {
    const body = JSON.parse(
      '{"__proto__":{"redirect_uris":["https://c.test/cb"],"x":1},"constructor":{"prototype":{"x":1}},"toString":"x"}',
    );
    expect(refused(body).error).toBe('invalid_redirect_uri');
    expect(refused(Object.create(MINIMAL)).error).toBe('invalid_redirect_uri');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    const metadata = accepted(JSON.parse('{"__proto__":{"client_name":"x"},"constructor":1}'));
    expect(metadata).toEqual(accepted({}));
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });

  it.each(['grant_types', 'response_types'])('PP-02 refuses %s that is not an array of strings', (member) => {
    for (const value of ['code', 1, true, {}, { length: 1, 0: 'code' }, [1], [null], [['code']]]) {
      expect(refusedMember({ [member]: value }).error).toBe('invalid_client_metadata');
    }
  });

  it.each(['client_name', 'application_type', 'token_endpoint_auth_method', 'scope', 'jwks_uri'])(
    'PP-02 refuses %s that is not a string, and counts null as absent',
    (member) => {
      for (const value of [1, true, {}, ['x'], { length: 1, 0: 'x' }]) {
        expect(refusedMember({ [member]: value }).error).toBe('invalid_client_metadata');
      }
      expect(accepted({ [member]: null })).toEqual(accepted({}));
    },
  );
});
