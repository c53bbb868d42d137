import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientMetadata } from '../../src/authorization/clients/client-metadata.ts';
import { knownClients } from '../../src/authorization/clients/known-clients.ts';
import { defaultRegistrationPolicy, registrationRequest } from '../../src/authorization/clients/registration.ts';
import { openClientId, sealClientId } from '../../src/authorization/sealed-client-id.ts';
import {
  LONGEST_CLIENT_ID,
  type StatelessClients,
  statelessClients,
} from '../../src/authorization/stateless-clients.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { randomToken } from '../../src/core/secrets.ts';
import { keyRing } from '../../src/store/key-ring.ts';

const issuer = 'https://mcp.example.com';
const clock = () => 1_790_000_000;
const [first, second] = [generateFernetKey(), generateFernetKey()];
const over = (keys: readonly string[], changes: Partial<Parameters<typeof statelessClients>[0]> = {}) =>
  statelessClients({ keys: keyRing(keys), issuer, clock, lifetime: Infinity, ...changes });

const native: ClientMetadata = {
  redirect_uris: ['http://127.0.0.1:6280/oauth/callback'],
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  client_name: 'Inspector',
};
const idOf = (clients: StatelessClients, metadata: ClientMetadata = native): string => {
  const issued = clients.issue(metadata);
  if (typeof issued === 'string') throw new Error(issued);
  return issued.id;
};

describe('a client id that holds its metadata', () => {
  it('says all there is to know, wherever the keys are', () => {
    const id = idOf(over([first]));
    expect(id).toMatch(/^c1\.[\w-]{8}\.[\w-]+$/);
    expect(over([first]).find(id)).toEqual({ ...native, client_id: id, client_id_issued_at: clock() });
  });

  it('tells a reader nothing, and differs each time', () => {
    const clients = over([first]);
    const ids = [idOf(clients), idOf(clients)];
    expect(ids[0]).not.toBe(ids[1]);
    expect(Buffer.from(ids[0]?.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('127.0.0.1');
  });

  it('RG-14 brings a secret where one is needed, of which only the hash is known again', () => {
    const clients = over([first]);
    const issued = clients.issue({ ...native, token_endpoint_auth_method: 'client_secret_post' });
    if (typeof issued === 'string') throw new Error(issued);
    expect(issued.secret).toMatch(/^[\w-]{43}$/);
    const found = clients.find(issued.id);
    expect(found).toMatchObject({ client_secret: expect.stringMatching(/^sha256:/), client_secret_expires_at: 0 });
    expect(JSON.stringify(found)).not.toContain(issued.secret);
    const other = clients.issue({ ...native, token_endpoint_auth_method: 'client_secret_post' });
    expect(other).not.toMatchObject({ secret: issued.secret });
  });

  it('ST-01 is unknown once any of its characters is another', () => {
    const clients = over([first, second]);
    const id = idOf(clients);
    for (let index = 0; index < id.length; index += 1) {
      for (const other of ['A', 'z', '_', '.', '=', '%']) {
        if (id[index] === other) continue;
        expect(clients.find(`${id.slice(0, index)}${other}${id.slice(index + 1)}`)).toBeUndefined();
      }
      expect(clients.find(id.slice(0, index))).toBeUndefined();
      expect(clients.find(id.slice(0, index) + id.slice(index + 1))).toBeUndefined();
    }
    for (const longer of [`${id}A`, `${id}=`, `${id}\n`, ` ${id}`, id.toUpperCase()]) {
      expect(clients.find(longer)).toBeUndefined();
    }
    expect(clients.find(id)).toBeDefined();
  });

  it('ST-01 is unknown once any bit of it is another', () => {
    const clients = over([first]);
    const id = idOf(clients);
    const [version, key, body = ''] = id.split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(clients.find(`${version}.${key}.${altered.toString('base64url')}`)).toBeUndefined();
    }
  });

  it('ST-02 cannot be put together from two, whatever is cut where', () => {
    const clients = over([first]);
    const [mine, yours] = [idOf(clients), idOf(clients, { ...native, redirect_uris: ['https://other.test/cb'] })];
    fc.assert(
      fc.property(fc.nat(mine.length), fc.nat(yours.length), (cut, join) => {
        const mixed = mine.slice(0, cut) + yours.slice(join);
        return mixed === mine || mixed === yours || clients.find(mixed) === undefined;
      }),
      { numRuns: 2000 },
    );
  });

  it('is unknown to another ring, another issuer, and once its key is retired', () => {
    const id = idOf(over([first]));
    expect(over([second, first]).find(id)).toBeDefined();
    expect(over([second]).find(id)).toBeUndefined();
    expect(over([first], { issuer: 'https://other.example.com' }).find(id)).toBeUndefined();
  });

  it('is sealed with the first key of the ring, and cannot be passed off under another', () => {
    const ring = keyRing([second, first]);
    const id = idOf(over([second, first]));
    expect(id.split('.')[1]).toBe(ring.sealingId);
    expect(over([first, second]).find(id.replace(ring.sealingId, ring.ids[1] ?? ''))).toBeUndefined();
  });

  it('is no stored record, and no stored record is a client id', () => {
    const ring = keyRing([first]);
    const id = idOf(over([first]));
    expect(ring.open(id, clock()).state).toBe('refused');
    expect(ring.open(id.slice(3), clock()).state).not.toBe('opened');
    expect(over([first]).find(`c1.${ring.seal(JSON.stringify([native, 1]), clock())}`)).toBeUndefined();
  });

  it('ends with its lifetime where it has one', () => {
    let now = clock();
    const clients = over([first], { clock: () => now, lifetime: 3600 });
    const id = idOf(clients);
    now += 3599;
    expect(clients.find(id)).toBeDefined();
    now += 1;
    expect(clients.find(id)).toBeUndefined();
  });

  it('fits for every client of today with much to spare', () => {
    const clients = over([first]);
    const lengths = knownClients.map(({ name, redirectUris, authMethod }) => {
      const sent = { client_name: name, redirect_uris: redirectUris, token_endpoint_auth_method: authMethod };
      const read = registrationRequest({ ...sent, client_uri: 'https://example.com' }, defaultRegistrationPolicy);
      if (!read.ok) throw new Error(read.description);
      return idOf(clients, read.metadata).length;
    });
    expect(Math.max(...lengths)).toBeLessThan(200);
    expect(Math.min(...lengths)).toBeGreaterThan(60);
  });

  it('DS-05 is refused in a sentence where the metadata do not fit, and never handed out longer', () => {
    const clients = over([first]);
    const uris = Array.from({ length: 20 }, (_, index) => `https://c.test/${randomToken(64)}/${index}`);
    expect(clients.issue({ ...native, application_type: 'web', redirect_uris: uris })).toMatch(
      /^The client id here holds the metadata itself, and with these it would have \d{4} characters, more than 1200\. Send fewer redirect URIs/,
    );
    const packed = sealClientId(keyRing([first]), issuer, Buffer.alloc(1000));
    expect(packed.length).toBeGreaterThan(LONGEST_CLIENT_ID);
    expect(clients.find(packed)).toBeUndefined();
  });

  it('opens to what was sealed, for any metadata and any keys', () => {
    const metadata = fc.record(
      {
        redirect_uris: fc.array(fc.webUrl(), { minLength: 1, maxLength: 5 }),
        application_type: fc.constantFrom('web' as const, 'native' as const),
        grant_types: fc.constant(['authorization_code'] as const),
        response_types: fc.constant(['code'] as const),
        token_endpoint_auth_method: fc.constantFrom('none' as const, 'private_key_jwt' as const),
        client_name: fc.string({ unit: 'grapheme', maxLength: 40 }),
        client_uri: fc.webUrl(),
      },
      {
        requiredKeys: [
          'redirect_uris',
          'application_type',
          'grant_types',
          'response_types',
          'token_endpoint_auth_method',
        ],
      },
    );
    const clients = over([first, second]);
    fc.assert(
      fc.property(metadata, (sent) => {
        const issued = clients.issue(sent as ClientMetadata);
        if (typeof issued === 'string') return /characters, more than/.test(issued);
        expect(clients.find(issued.id)).toEqual({ ...sent, client_id: issued.id, client_id_issued_at: clock() });
        return issued.id.length <= LONGEST_CLIENT_ID;
      }),
      { numRuns: 300 },
    );
  });

  it('opens nothing that was not sealed here', () => {
    const ring = keyRing([first]);
    const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
    const forged = fc.oneof(
      fc.string(),
      body.map((text) => `c1.${ring.sealingId}.${text}`),
    );
    fc.assert(
      fc.property(forged, (id) => openClientId(ring, issuer, id) === undefined && over([first]).find(id) === undefined),
      { numRuns: 1000 },
    );
  });
});
