import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type IntrospectionProviderOptions, introspection } from '../../providers/introspection.ts';
import { ConfigError, TooManyRequests, Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { type ProviderUnderTest, providerLaws } from '../contracts/index.ts';
import { type Answer, type FakeIssuer, SPOILED, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { impatientFetch, made, providerDeps } from '../support/providers/provider-deps.ts';

const RESOURCE = 'https://rs.test/a/mcp';
const at = new URL(RESOURCE);
const CLIENT = { clientId: 'us & them', clientSecret: 'p:w d%é' };
/** An answer without members is one about a token: it says that the token is not active. */
const BROKEN = Object.entries(SPOILED).filter(([way]) => way !== 'an empty object');

let fake: FakeIssuer;
let now: number;
let logged: string[];
beforeEach(async () => {
  fake = await startFakeIssuer();
  now = 1_800_000_000;
  logged = [];
});
afterEach(() => fake.close());

const claims = (changes: Record<string, unknown> = {}) => ({
  ...{ active: true, aud: RESOURCE, sub: 'person', client_id: 'app', scope: 'a b', iat: now, exp: now + 600 },
  ...changes,
});
const log = {
  ...silentLog,
  error: (event: string, fields?: object) => void logged.push(`${event} ${JSON.stringify(fields)}`),
  warn: (event: string, fields?: object) => void logged.push(`${event} ${JSON.stringify(fields)}`),
};
const asking = (options: IntrospectionProviderOptions = {}) =>
  made(introspection({ issuer: fake.issuer, ...CLIENT, ...options })).verifier(providerDeps({ clock: () => now, log }));
const asked = () => fake.asked.filter((path) => path === '/introspect').length;
/** Shows a token about which the issuer says this. */
const verify = (answer: Record<string, unknown>, options: IntrospectionProviderOptions = {}) => {
  fake.tokens.set('token', answer);
  return asking(options).verify('token', at);
};
const refusal = (reason: string) => ({ code: 'invalid_token', status: 401, reason });

async function startForLaws(): Promise<ProviderUnderTest> {
  const issuer = await startFakeIssuer();
  let time = 1_800_000_000;
  let count = 0;
  const mint = async (changes: Record<string, unknown> = {}) => {
    count += 1;
    const good = { active: true, aud: RESOURCE, sub: 'person', client_id: 'app', scope: 'a b' };
    issuer.tokens.set(`token-${count}`, { ...good, iss: issuer.issuer, iat: time, exp: time + 600, ...changes });
    return `token-${count}`;
  };
  return {
    verifier: made(introspection({ issuer: issuer.issuer, ...CLIENT })).verifier(providerDeps({ clock: () => time })),
    resource: RESOURCE,
    issuer: issuer.issuer,
    needsExpiry: false,
    now: () => time,
    advance: (seconds) => {
      time += seconds;
    },
    mint,
    others: {
      'a refresh token': () => mint({ token_type: 'refresh_token' }),
      'a refresh token that says so elsewhere': () => mint({ typ: 'Refresh' }),
      'an ID token': () => mint({ token_type: 'N_A', nonce: 'n' }),
      'a token that was revoked': () => mint({ active: false }),
    },
    mintForApp: () => mint({ sub: 'app', scope: undefined }),
    remote: {
      ways: BROKEN.map(([way]) => way),
      break: (way) => void issuer.spoiled.set('introspect', SPOILED[way] as Answer),
      heal: () => issuer.spoiled.clear(),
    },
    close: () => issuer.close(),
  };
}

describe('introspection', () => {
  it.each(providerLaws)('$title', (law) => law.check(startForLaws));
});

describe('what the issuer says', () => {
  it.each(['true', 1, [true], {}, null, undefined, false])('IN-01 is no yes: active %j', async (active) => {
    const verifier = asking();
    fake.tokens.set('token', claims({ active }));
    await expect(verifier.verify('token', at)).rejects.toMatchObject(refusal('inactive'));
    fake.tokens.set('token', claims());
    now += 3;
    expect(await verifier.verify('token', at)).toMatchObject({ subject: 'person', issuer: fake.issuer });
  });

  it.each([undefined, 'https://rs.test/b/mcp', ['https://rs.test/b/mcp'], `${RESOURCE}.evil`, `${RESOURCE}/`])(
    'IN-02 is not about a token for us: aud %j',
    async (aud) => {
      await expect(verify(claims({ aud }))).rejects.toMatchObject(refusal('wrong_audience'));
      expect(await verify(claims({ aud: [RESOURCE] }))).toMatchObject({ resource: RESOURCE });
    },
  );

  it('IN-02 is not about a token of another issuer', async () => {
    await expect(verify(claims({ iss: `${fake.issuer}/` }))).rejects.toMatchObject(refusal('wrong_issuer'));
    expect(await verify(claims({ iss: fake.issuer }))).toMatchObject({ issuer: fake.issuer });
  });

  it.each([
    [{ exp: 1_800_000_000 - 31 }, 'expired'],
    [{ exp: 1_800_000_600_000 }, 'lives_too_long'],
    [{ nbf: 1_800_000_031 }, 'not_yet_valid'],
    [{ token_type: 'refresh_token' }, 'not_an_access_token'],
    [{ token_type: 'N_A' }, 'not_an_access_token'],
    [{ token_type: 'DPoP' }, 'not_an_access_token'],
    [{ token_type: 7 }, 'not_an_access_token'],
    [{ cnf: { jkt: 'x' } }, 'bound_token'],
  ])('IN-03 is about a token that is no good as a bearer: %j', async (changes, reason) => {
    await expect(verify(claims(changes))).rejects.toMatchObject(refusal(reason));
    for (const type of ['Bearer', 'bearer', 'access_token']) {
      expect(await verify(claims({ token_type: type }))).toBeDefined();
    }
  });

  it.each(BROKEN)('IN-04 is nothing: %s', async (_way, spoiled) => {
    const verifier = asking({ url: `${fake.origin}/introspect` });
    fake.tokens.set('token', claims());
    fake.spoiled.set('introspect', spoiled);
    const fault = verifier.verify('token', at);
    await expect(fault).rejects.toBeInstanceOf(Unavailable);
    await expect(fault).rejects.toMatchObject({ status: 503 });
    expect(fake.asked).toEqual(['/introspect']);
    fake.spoiled.clear();
    expect(await verifier.verify('token', at)).toMatchObject({ subject: 'person' });
  });

  it.each([400, 401, 403])('IN-05 is that it does not know us: %i', async (status) => {
    fake.spoiled.set('introspect', (_request, response) =>
      response.writeHead(status).end('{"error":"invalid_client"}'),
    );
    const fault = asking().verify('token', at);
    await expect(fault).rejects.toMatchObject({ status: 503, reason: 'introspection_client_refused' });
    expect(logged).toEqual([`introspection_client_refused ${JSON.stringify({ status, client: CLIENT.clientId })}`]);
  });

  it('IN-09 is full of names that mean something elsewhere', async () => {
    const text = '{"active":true,"__proto__":{"scopes":["admin"]},"constructor":{"prototype":{"x":1}},"is_admin":true}';
    const hostile = { ...(JSON.parse(text) as object), ...claims({ sub: 'admin' }) };
    const principal = await verify(hostile);
    expect([principal.subject, principal.kind, [...principal.scopes]]).toEqual(['admin', 'user', ['a', 'b']]);
    expect(Object.keys(principal.claims)).not.toContain('is_admin');
    expect(Object.hasOwn(principal.claims, 'constructor')).toBe(false);
    expect(({} as { x?: number }).x).toBeUndefined();
    expect((await verify(hostile, { keepClaims: ['is_admin'] })).claims.is_admin).toBe(true);
  });

  it.each(['application/token-introspection+jwt', 'text/html', 'text/json', ''])(
    'IN-10 has another media type: %s',
    async (type) => {
      fake.spoiled.set('introspect', (_request, response) =>
        response.writeHead(200, type === '' ? {} : { 'content-type': type }).end(JSON.stringify(claims())),
      );
      await expect(asking().verify('token', at)).rejects.toMatchObject({ status: 503, reason: 'answered_no_json' });
      fake.spoiled.clear();
      expect(await verify(claims())).toBeDefined();
    },
  );

  it('may leave out person, end and kind', async () => {
    expect(await verify(claims({ sub: undefined, username: 'ada' }))).toMatchObject({ subject: 'ada', kind: 'user' });
    expect(await verify(claims({ sub: undefined }))).toMatchObject({ subject: 'app', kind: 'machine' });
    expect(await verify(claims({ exp: undefined }))).toMatchObject({ expiresAt: now + 60 });
    await expect(verify(claims({ sub: undefined, client_id: undefined }))).rejects.toMatchObject(
      refusal('bad_subject'),
    );
  });
});

describe('how often the issuer is asked', () => {
  it('IN-06, OP-06 is once for a hundred calls with an unknown token, and for more within a moment', async () => {
    const verifier = asking();
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => verifier.verify('unknown', at)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['rejected']));
    now += 2;
    await expect(verifier.verify('unknown', at)).rejects.toMatchObject(refusal('inactive'));
    expect(asked()).toBe(1);
    now += 1;
    await expect(verifier.verify('unknown', at)).rejects.toMatchObject(refusal('inactive'));
    expect(asked()).toBe(2);
  });

  it('IN-08, OP-09 is again after the set time, so that a revocation holds', async () => {
    const verifier = asking({ cacheTtl: 10 });
    fake.tokens.set('token', claims());
    await verifier.verify('token', at);
    fake.tokens.set('token', { active: false });
    now += 9;
    await verifier.verify('token', at);
    expect(asked()).toBe(1);
    now += 1;
    await expect(verifier.verify('token', at)).rejects.toMatchObject(refusal('inactive'));
  });

  it('IN-08 is again when the token has ended, and for another mount', async () => {
    const verifier = asking({ cacheTtl: 300 });
    fake.tokens.set('token', claims({ exp: now + 5 }));
    await verifier.verify('token', at);
    await expect(verifier.verify('token', new URL('https://rs.test/b/mcp'))).rejects.toMatchObject(
      refusal('wrong_audience'),
    );
    now += 36;
    await expect(verifier.verify('token', at)).rejects.toMatchObject(refusal('expired'));
    expect(asked()).toBe(3);
  });

  it('is at every call where nothing is to be remembered', async () => {
    const verifier = asking({ cacheTtl: 0 });
    fake.tokens.set('token', claims());
    for (let call = 1; call <= 3; call += 1) await verifier.verify('token', at);
    expect(asked()).toBe(3);
  });

  it('DS-08 is in the turn of whoever calls, and what is remembered takes none', async () => {
    const verifier = asking({ cacheTtl: 10 });
    const limited = new TooManyRequests('asking', 7);
    let taken = 0;
    const turn = <T>(ask: () => Promise<T>) => {
      taken += 1;
      return ask();
    };
    const full = () => Promise.reject(limited);
    fake.tokens.set('token', claims());
    await expect(verifier.verify('token', at, undefined, full)).rejects.toBe(limited);
    expect(asked()).toBe(0);
    expect(await verifier.verify('token', at, undefined, turn)).toMatchObject({ subject: 'person' });
    expect(await verifier.verify('token', at, undefined, full)).toMatchObject({ subject: 'person' });
    await expect(verifier.verify('unknown', at, undefined, turn)).rejects.toMatchObject(refusal('inactive'));
    await expect(verifier.verify('unknown', at, undefined, full)).rejects.toMatchObject(refusal('inactive'));
    expect([taken, asked()]).toEqual([2, 2]);
  });

  it('is never for a JWT, unless it is wanted', async () => {
    const token = await fake.sign({ iss: fake.issuer });
    fake.tokens.set(token, claims());
    await expect(asking().verify(token, at)).rejects.toMatchObject(refusal('jwt_not_introspected'));
    expect(fake.asked).toEqual([]);
    expect(await asking({ introspectJwts: true }).verify(token, at)).toMatchObject({ subject: 'person' });
  });
});

describe('how we prove who we are', () => {
  const request = async (options: IntrospectionProviderOptions) => {
    let seen: { authorization: string | undefined; form: URLSearchParams } | undefined;
    fake.spoiled.set('introspect', ({ headers }, response, body) => {
      seen = { authorization: headers.authorization, form: new URLSearchParams(body) };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(claims()));
    });
    await made(introspection({ issuer: fake.issuer, clientId: CLIENT.clientId, ...options }))
      .verifier(providerDeps({ clock: () => now, fetch: impatientFetch }))
      .verify('token', at);
    return seen ?? expect.fail('The issuer was not asked.');
  };

  it('is by a header, form-encoded first (RFC 6749 §2.3.1)', async () => {
    const { authorization, form } = await request({ clientSecret: CLIENT.clientSecret });
    const [id, secret] = Buffer.from(String(authorization).slice('Basic '.length), 'base64').toString().split(':');
    expect([...new URLSearchParams(`id=${id}&secret=${secret}`).values()]).toEqual(Object.values(CLIENT));
    expect(Object.fromEntries(form)).toEqual({ token: 'token', token_type_hint: 'access_token' });
  });

  it('is by the body', async () => {
    const { authorization, form } = await request({ clientSecret: CLIENT.clientSecret, clientAuth: 'post' });
    expect(authorization).toBeUndefined();
    expect([form.get('client_id'), form.get('client_secret')]).toEqual(Object.values(CLIENT));
  });

  it('is by a private key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'us' });
    const { form } = await request({ privateKey: jwk });
    const keys = createLocalJWKSet({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'us', alg: 'ES256' }] });
    const { payload } = await jwtVerify(String(form.get('client_assertion')), keys, { audience: fake.issuer });
    expect([payload.iss, payload.sub]).toEqual([CLIENT.clientId, CLIENT.clientId]);
    expect(form.has('client_secret')).toBe(false);
  });
});

describe('the settings of introspection', () => {
  const complete = {
    INTROSPECTION_ISSUER: 'https://issuer.test',
    INTROSPECTION_CLIENT_ID: 'us',
    INTROSPECTION_CLIENT_SECRET: 'secret',
  };
  const faultsOf = (environment: Record<string, string>, production = false): readonly string[] => {
    try {
      made(introspection(), environment, production);
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  };

  it('are an issuer, a client and its proof', () => {
    expect(faultsOf(complete)).toEqual([]);
    expect(faultsOf({})).toEqual([
      'INTROSPECTION_ISSUER must be set: the issuer of the tokens',
      'INTROSPECTION_CLIENT_ID must be set: the client that we are at the issuer',
    ]);
    const neither = 'INTROSPECTION_CLIENT_SECRET or INTROSPECTION_PRIVATE_KEY must be set, and not both';
    expect(faultsOf({ ...complete, INTROSPECTION_CLIENT_SECRET: '' })).toEqual([neither]);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = (alg: string) => JSON.stringify({ ...privateKey.export({ format: 'jwk' }), alg });
    expect(faultsOf({ ...complete, INTROSPECTION_PRIVATE_KEY: jwk('ES256') })).toEqual([neither]);
    for (const unfit of [jwk('RS256'), '{}', 'hunter2']) {
      expect(faultsOf({ ...complete, INTROSPECTION_PRIVATE_KEY: unfit })).toEqual([
        'INTROSPECTION_PRIVATE_KEY must be a private JWK with `alg`, as JSON',
      ]);
    }
  });

  it('refuse http in production', () => {
    const here = { ...complete, INTROSPECTION_ISSUER: 'http://localhost:1', INTROSPECTION_URL: 'http://localhost:1/i' };
    expect(faultsOf(here)).toEqual([]);
    expect(faultsOf(here, true)).toEqual([
      'INTROSPECTION_ISSUER must be https in production',
      'INTROSPECTION_URL must be https in production',
    ]);
  });
});

it('never logs a token or a secret, whatever goes wrong', async () => {
  for (const [, spoiled] of BROKEN.filter(([way]) => way !== 'no answer')) {
    fake.spoiled.set('introspect', spoiled);
    await asking()
      .verify('a-token-of-somebody', at)
      .catch((error: unknown) => logged.push(String(error)));
  }
  fake.spoiled.set('metadata', SPOILED['HTML with status 200'] as Answer);
  await asking()
    .verify('a-token-of-somebody', at)
    .catch((error: unknown) => logged.push(String(error)));
  expect(logged.join()).not.toMatch(/a-token-of|p:w|p%3Aw/);
});
