import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { issuerVerifier } from '../../src/gate/issuer-verifier.ts';
import { type FakeIssuer, issuerKey, SPOILED, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { impatientFetch } from '../support/providers/provider-deps.ts';
import { expectRefused, NOW, RA } from './tokens.ts';

const at = new URL(RA);
let fake: FakeIssuer;
let now: number;
let warned: string[];

beforeEach(async () => {
  fake = await startFakeIssuer();
  now = NOW;
  warned = [];
});
afterEach(() => fake.close());

const claims = () => ({ iss: fake.issuer, aud: RA, sub: 'ada', client_id: 'app', iat: now, exp: now + 600 });

const verifying = (changes: { jwksUrl?: string; production?: boolean; maxStale?: number; cached?: number } = {}) => {
  // What a test has left running warns no later one.
  const mine = warned;
  const { jwksUrl = `${fake.origin}/jwks`, production = false, maxStale = 3600, cached = 0 } = changes;
  return issuerVerifier(
    {
      issuer: fake.issuer,
      jwksUrl: jwksUrl === '' ? undefined : jwksUrl,
      algorithms: ['ES256'],
      types: ['at+jwt'],
      cache: { entries: 100, ttl: cached },
    },
    {
      clock: () => now,
      fetch: impatientFetch,
      log: { ...silentLog, warn: (event) => void mine.push(event) },
      publicUrl: 'https://rs.test',
      production,
      maxStale,
    },
  );
};

const fetches = () => fake.asked.filter((path) => path === '/jwks').length;
const good = async (verifier: ReturnType<typeof verifying>, key = fake.keys[0]) =>
  expect(await verifier.verify(await fake.sign(claims(), {}, key), at)).toMatchObject({ subject: 'ada' });

describe('a key set at a URL', () => {
  it('is fetched once for a hundred tokens at once, and kept', async () => {
    const verifier = verifying();
    const token = await fake.sign(claims());
    await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token, at)));
    now += 599;
    await good(verifier);
    expect(fetches()).toBe(1);
    now += 1;
    await good(verifier);
    expect(fetches()).toBe(2);
  });

  it.each([
    ['max-age=5', 60],
    ['no-store', 60],
    ['public, max-age=300', 300],
    ['max-age=999999999', 3600],
    ['', 600],
    ['max-age=soon', 600],
  ])('is kept within bounds whatever Cache-Control says: %s', async (value, seconds) => {
    fake.headers = value === '' ? {} : { 'cache-control': value };
    const verifier = verifying();
    await good(verifier);
    now += seconds - 1;
    await good(verifier);
    expect(fetches()).toBe(1);
    now += 1;
    await good(verifier);
    expect(fetches()).toBe(2);
  });

  it('JW-27 that is out of reach from the start answers 503, with at most one fetch in 30 s, and heals by itself', async () => {
    const verifier = verifying();
    fake.spoiled.set('jwks', SPOILED['status 500'] ?? expect.fail());
    const token = await fake.sign(claims());
    await expect(verifier.ready?.()).rejects.toBeInstanceOf(Unavailable);
    for (const wait of [0, 10, 19]) {
      now += wait;
      const fault = verifier.verify(token, at);
      await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable' });
    }
    expect(fetches()).toBe(1);
    fake.spoiled.clear();
    now += 1;
    await good(verifier);
    await verifier.ready?.();
    expect(fetches()).toBe(2);
  });

  it('JW-28 that goes out of reach later serves known keys for its stale time, and answers 503 for unknown ones', async () => {
    const verifier = verifying({ maxStale: 1000 });
    await good(verifier);
    fake.spoiled.set('jwks', SPOILED['a closed connection'] ?? expect.fail());
    now += 601;
    await good(verifier);
    const unknown = await fake.sign(claims(), {}, await issuerKey('k2'));
    const fault = verifier.verify(unknown, at);
    await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable', retryAfter: 30 });
    await verifier.ready?.();
    now += 998;
    await good(verifier);
    now += 1;
    await expect(verifier.verify(await fake.sign(claims()), at)).rejects.toBeInstanceOf(Unavailable);
    fake.spoiled.clear();
    now += 30;
    await good(verifier);
  });

  it('JW-29 that rotates is fetched once for the new key, and forgets the old one in time', async () => {
    const verifier = verifying();
    const [k1, k2] = [fake.keys[0], await issuerKey('k2')];
    await good(verifier, k1);
    fake.keys = [k2, ...fake.keys];
    now += 1;
    await Promise.all(Array.from({ length: 20 }, () => good(verifier, k2)));
    expect(fetches()).toBe(2);
    await good(verifier, k1);
    fake.keys = [k2];
    now += 599;
    await good(verifier, k1);
    now += 1;
    await expectRefusedAnew(verifier, k1);
    await good(verifier, k2);
    expect(fetches()).toBe(3);
  });

  it('JW-29 that drops a key makes remembered tokens be verified anew', async () => {
    const verifier = verifying({ cached: 3600 });
    const old = await fake.sign(claims());
    await verifier.verify(old, at);
    fake.keys = [await issuerKey('k2')];
    now += 1;
    await good(verifier);
    await expectRefused(old, 'unknown_key', verifier);
  });

  it('JW-06 is not fetched more often for a flood of unknown key ids', async () => {
    const verifier = verifying();
    await good(verifier);
    const foreign = await issuerKey('x');
    for (let turn = 0; turn < 60; turn += 1) {
      now += 1;
      const token = await fake.sign(claims(), { kid: `flood-${turn}` }, foreign);
      await expectRefused(token, 'unknown_key', verifier);
    }
    expect(fetches()).toBe(3);
    await good(verifier);
  });

  it.each(Object.entries(SPOILED))('JW-31 keeps its keys when it answers %s', async (_name, spoiled) => {
    const verifier = verifying();
    await good(verifier);
    fake.spoiled.set('jwks', spoiled);
    now += 601;
    await good(verifier);
    expect(fake.asked).toEqual(['/jwks', '/jwks']);
    expect(warned).toEqual(['document_unavailable']);
    fake.spoiled.clear();
    now += 31;
    await good(verifier);
  });

  it('JW-31 keeps its keys when it publishes none that may verify', async () => {
    const verifier = verifying();
    const [k1] = fake.keys;
    await good(verifier);
    const { jwk, ...rest } = await issuerKey('k2');
    for (const keys of [[], [{ ...rest, jwk: { ...jwk, use: 'enc' } }]]) {
      fake.keys = keys;
      now += 601;
      await good(verifier, k1);
    }
  });

  it('makes nobody wait for it again while it is known to be out', async () => {
    const verifier = verifying();
    await good(verifier);
    fake.spoiled.set('jwks', SPOILED['status 500'] ?? expect.fail());
    now += 601;
    await good(verifier);
    // Held open: whoever waits for it, waits until the limit of the fetch.
    fake.spoiled.set('jwks', () => undefined);
    now += 31;
    const began = performance.now();
    await good(verifier);
    expect(performance.now() - began).toBeLessThan(2500);
    await expect.poll(fetches).toBe(3);
  });
});

async function expectRefusedAnew(verifier: ReturnType<typeof verifying>, key = fake.keys[0]): Promise<void> {
  await expectRefused(await fake.sign(claims(), {}, key), 'unknown_key', verifier);
}

describe('a key set that the issuer names', () => {
  const discovering = (changes = {}) => verifying({ jwksUrl: '', ...changes });

  it('is found by every spelling of the well-known path, the last one here', async () => {
    await good(discovering());
    expect(fake.asked).toEqual([
      '/.well-known/oauth-authorization-server/tenant',
      '/.well-known/openid-configuration/tenant',
      '/tenant/.well-known/openid-configuration',
      '/jwks',
    ]);
  });

  it.each([
    ['a trailing slash', (issuer: string) => `${issuer}/`],
    ['another path', (issuer: string) => issuer.replace('tenant', 'other')],
    ['upper case', (issuer: string) => issuer.toUpperCase()],
    ['a list', (issuer: string) => [issuer]],
  ])('is not taken from a document that names another issuer: %s', async (_name, change) => {
    fake.metadata = { issuer: change(fake.issuer) };
    const verifier = discovering();
    const fault = verifier.verify(await fake.sign(claims()), at);
    await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable' });
    expect(fetches()).toBe(0);
    fake.metadata = {};
    now += 30;
    await good(verifier);
  });

  it.each(['http://keys.example/jwks', 'file:///etc/passwd', 'https://a:b@keys.example/', 7, undefined])(
    'is not fetched from %s',
    async (url) => {
      fake.metadata = { jwks_uri: url };
      const fault = discovering().verify(await fake.sign(claims()), at);
      await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable' });
      expect(fetches()).toBe(0);
    },
  );

  it('is not fetched from this machine without TLS in production', async () => {
    const fault = discovering({ production: true }).verify(await fake.sign(claims()), at);
    await expect(fault).rejects.toMatchObject({ status: 503, reason: 'keys_unavailable' });
    expect(fetches()).toBe(0);
  });

  it.each(Object.entries(SPOILED))('is found again when the metadata was %s', async (_name, spoiled) => {
    fake.spoiled.set('metadata', spoiled);
    const verifier = discovering();
    await expect(verifier.verify(await fake.sign(claims()), at)).rejects.toMatchObject({ status: 503 });
    fake.spoiled.clear();
    now += 30;
    await good(verifier);
  });
});
