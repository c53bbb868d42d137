import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClerkOptions, clerk } from '../../providers/clerk.ts';
import { silentLog } from '../../src/core/log.ts';
import { type ProviderUnderTest, providerLaws } from '../contracts/index.ts';
import { CLERK, CLERK_SECRET, CLERK_VERIFY, clerkAnswer, clerkBackend, scopeOf } from '../support/providers/clerk.ts';
import { flowsOfPeople, tell } from '../support/providers/direct-flow.ts';
import { type Answer, type FakeIssuer, SPOILED, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { faultsOf, made, providerDeps } from '../support/providers/provider-deps.ts';

const RESOURCE = 'https://rs.test/a/mcp';
const byScope = {
  requiredScopesInsteadOfAudience: (resource: string) => [scopeOf(resource)],
  // The laws count the scopes of tools.
  renameScope: (scope: string) => (scope.startsWith('mcp:') ? undefined : scope),
};
/** A token that is for the mount has its scope; one that is for somebody else has another. */
const marked = ({ aud, ...rest }: Readonly<Record<string, unknown>>) => ({
  ...rest,
  scp: aud === RESOURCE || (Array.isArray(aud) && aud.length === 1 && aud[0] === RESOURCE) ? 'mcp:a' : 'mcp:other',
});
/** All signed with the one key of the instance. */
const others = {
  'a session of your own site': [
    { client_id: undefined, azp: 'https://app.test', sid: 's' },
    { typ: 'JWT', cat: 'c' },
  ],
  'a session that names a client': [{ sid: 's' }, { typ: 'JWT', cat: 'c' }],
  'a token of a template of yours': [{}, { typ: 'JWT', cat: 't' }],
  'a token of a machine of Clerk’s own kind': [
    { sub: 'mch_2EXAMPLE', client_id: undefined },
    { typ: 'JWT', cat: 'm' },
  ],
  'an ID token': [{ aud: 'app', nonce: 'n' }, { typ: 'JWT' }],
  'a token without type': [{}, { typ: undefined }],
} as const;

describe('clerk with signed tokens, told by scope', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(clerk(byScope), { CLERK_DOMAIN: issuer }),
        path: CLERK.path,
        spell: marked,
        others: {
          ...others,
          'a token of another app': [{ aud: 'other' }],
          'a token of this app': [{ aud: undefined }],
        },
      }),
    ),
  );

  it.each(flowsOfPeople)('$title', (flow) => tell(flow, CLERK, ({ issuer }) => clerk({ domain: issuer, ...byScope })));
});

describe('clerk with signed tokens, whose audience a custom claim tells', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(clerk({ tokensNameResource: true }), { CLERK_DOMAIN: issuer }),
        path: CLERK.path,
        others,
      }),
    ),
  );
});

describe('clerk with opaque tokens', () => {
  it.each(providerLaws)('$title', (law) => law.check(startOpaque));
});

/** The Backend API tells neither audience nor issuer: a token that is for or of somebody else is unknown there, or unmarked. */
async function startOpaque(): Promise<ProviderUnderTest> {
  const issuer = await startFakeIssuer(CLERK.path);
  issuer.routes.set(CLERK_VERIFY, clerkBackend(issuer));
  let time = 1_800_000_000;
  let count = 0;
  const mint = async (changes: Record<string, unknown> = {}) => {
    count += 1;
    const { iss = issuer.issuer, aud = RESOURCE, sub, exp, iat, scope, ...rest } = { ...changes };
    const told = { ...clerkAnswer(time), ...marked({ aud: 'aud' in changes ? changes.aud : aud }), ...rest };
    const milliseconds = (value: unknown) => (typeof value === 'number' ? value * 1000 : value);
    const answer = {
      ...told,
      ...('sub' in changes && { subject: sub }),
      ...('exp' in changes && { expiration: milliseconds(exp) }),
      ...('iat' in changes && { created_at: milliseconds(iat) }),
      ...('scope' in changes && { scopes: typeof scope === 'string' ? scope.split(' ') : scope }),
    };
    if (iss === issuer.issuer) issuer.tokens.set(`oat_${count}`, answer);
    return `oat_${count}`;
  };
  const options = { domain: issuer.issuer, apiUrl: issuer.origin, secretKey: CLERK_SECRET, ...byScope };
  return {
    verifier: made(clerk(options)).verifier(providerDeps({ clock: () => time })),
    resource: RESOURCE,
    issuer: issuer.issuer,
    needsExpiry: false,
    now: () => time,
    advance: (seconds) => {
      time += seconds;
    },
    mint,
    others: {
      'a revoked token': () => mint({ revoked: true }),
      'a token that has ended': () => mint({ expired: true }),
      'a refresh token': () => mint({ type: 'oauth:refresh_token' }),
      'a token of another app': () => mint({ aud: 'other' }),
    },
    mintForApp: () => mint({ sub: 'app', client_id: 'app', scope: undefined }),
    remote: {
      ways: Object.keys(SPOILED),
      break: (way) => void issuer.routes.set(CLERK_VERIFY, SPOILED[way] as Answer),
      heal: () => void issuer.routes.set(CLERK_VERIFY, clerkBackend(issuer)),
    },
    close: () => issuer.close(),
  };
}

let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(CLERK.path);
  fake.routes.set(CLERK_VERIFY, clerkBackend(fake));
});
afterEach(() => fake.close());

const NOW = 1_800_000_000;
const show = (options: ClerkOptions, token: string, log = silentLog) =>
  made(clerk({ domain: fake.issuer, apiUrl: fake.origin, ...options }))
    .verifier(providerDeps({ log }))
    .verify(token, new URL(RESOURCE));
const verify = async (options: ClerkOptions, changes: Record<string, unknown> = {}, header = {}) => {
  const asked = { issuer: fake.issuer, audience: RESOURCE, client: 'cid_2EXAMPLE', scopes: ['notes:read'] };
  const claims = { ...CLERK.person(asked), iat: NOW, nbf: NOW - 10, exp: NOW + 86_400, ...changes };
  return show(options, await fake.sign(claims, { ...CLERK.header, ...header }));
};

describe('an access token of Clerk', () => {
  it('tells person, app and organization', async () => {
    expect(await verify(byScope, { org_id: 'org_2EXAMPLE' })).toMatchObject({
      subject: 'user_2EXAMPLE',
      clientId: 'cid_2EXAMPLE',
      tenant: 'org_2EXAMPLE',
      kind: 'user',
    });
  });

  it('has every scope that is required in place of an audience', async () => {
    const both = { requiredScopesInsteadOfAudience: ['mcp:a', 'notes:read'] };
    expect(await verify(both)).toBeDefined();
    for (const scope of ['mcp:a', 'notes:read', 'openid', undefined, 'mcp:a  notes:read', 'mcp:a notes:read2']) {
      await expect(verify(both, { scope })).rejects.toMatchObject({ reason: 'required_scope_missing' });
    }
    expect(await verify(both, { scope: undefined, scopes: ['notes:read', 'mcp:a'] })).toBeDefined();
  });

  it('is nobody’s where no scope is told for a resource', async () => {
    const none = { requiredScopesInsteadOfAudience: () => [] };
    await expect(verify(none)).rejects.toMatchObject({ reason: 'required_scope_missing' });
  });

  it('that names an audience must name ours, whatever scopes it has', async () => {
    expect(await verify(byScope, { aud: RESOURCE })).toBeDefined();
    await expect(verify(byScope, { aud: 'https://other.test' })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('may have an audience that a custom claim writes', async () => {
    const named = { acceptAudiencesInsteadOfResource: ['mcp'] };
    expect(await verify(named, { aud: 'mcp' })).toMatchObject({ resource: RESOURCE });
    await expect(verify(named)).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('is no session, by its type', async () => {
    await expect(verify(byScope, {}, { typ: 'JWT', cat: 'c' })).rejects.toMatchObject({ reason: 'wrong_type' });
    expect(await verify(byScope)).toBeDefined();
  });

  it('is a machine’s by its subject', async () => {
    expect(await verify(byScope, { sub: 'mch_2EXAMPLE' })).toMatchObject({ kind: 'machine' });
  });
});

describe('an opaque token of Clerk', () => {
  const asking = { ...byScope, secretKey: CLERK_SECRET };
  const told = (changes = {}) => ({ ...clerkAnswer(NOW), scopes: ['mcp:a', 'notes:read'], ...changes });

  it('is asked about; times are in milliseconds', async () => {
    fake.tokens.set('oat_1', told());
    expect(await show(asking, 'oat_1')).toMatchObject({ subject: 'person', clientId: 'app', expiresAt: NOW + 600 });
    fake.tokens.set('oat_2', told({ expiration: (NOW - 31) * 1000 }));
    await expect(show(asking, 'oat_2')).rejects.toMatchObject({ reason: 'expired' });
    await expect(show(asking, 'oat_3')).rejects.toMatchObject({ status: 401, reason: 'inactive' });
  });

  it('is asked about in the turn of whoever calls, JWTs are not', async () => {
    fake.tokens.set('oat_1', told());
    const verifier = made(clerk({ domain: fake.issuer, apiUrl: fake.origin, ...asking })).verifier(providerDeps());
    const claims = CLERK.person({ issuer: fake.issuer, audience: RESOURCE, client: 'app', scopes: ['mcp:a'] });
    const jwt = await fake.sign({ ...claims, iat: NOW, nbf: NOW - 10, exp: NOW + 60 }, CLERK.header);
    const shown = (token: string) =>
      verifier.verify(token, new URL(RESOURCE), undefined, () => Promise.reject(new Error('not yet')));
    await expect(shown('oat_1')).rejects.toThrow('not yet');
    expect(fake.asked).not.toContain(CLERK_VERIFY);
    expect(await shown(jwt)).toMatchObject({ subject: expect.any(String) });
  });

  it('is taken only with a secret key, and where scopes tell whom it is for', async () => {
    fake.tokens.set('oat_1', told());
    await expect(show(byScope, 'oat_1')).rejects.toMatchObject({ code: 'invalid_token' });
    const byAudience = { tokensNameResource: true, secretKey: CLERK_SECRET };
    await expect(show(byAudience, 'oat_1')).rejects.toMatchObject({ code: 'invalid_token' });
    expect(fake.asked).not.toContain(CLERK_VERIFY);
    expect(await show(asking, 'oat_1')).toBeDefined();
  });

  it('is not refused because Clerk refuses us; the key is not in the log', async () => {
    fake.tokens.set('oat_1', told());
    const logged: unknown[] = [];
    const log = { ...silentLog, error: (...line: unknown[]) => void logged.push(line) };
    const refused = show({ ...asking, secretKey: 'another-EXAMPLE' }, 'oat_1', log);
    await expect(refused).rejects.toMatchObject({ status: 503, reason: 'clerk_secret_key_refused' });
    expect(logged).toEqual([['clerk_secret_key_refused', { status: 401 }]]);
    fake.routes.set(CLERK_VERIFY, (_request, response) => response.writeHead(422).end());
    await expect(show(asking, 'oat_1')).rejects.toMatchObject({ status: 503, reason: 'answered_422' });
    fake.routes.set(CLERK_VERIFY, clerkBackend(fake));
    expect(await show(asking, 'oat_1')).toBeDefined();
  });

  it('OP-07 is one member of what is sent, whatever stands in it', async () => {
    const seen: unknown[] = [];
    fake.routes.set(CLERK_VERIFY, (request, response, body) => {
      seen.push(request.url, JSON.parse(body));
      response.writeHead(404).end();
    });
    const token = 'oat_","access_token":"other&x=/../';
    await expect(show(asking, token)).rejects.toMatchObject({ reason: 'inactive' });
    expect(seen).toEqual([CLERK_VERIFY, { access_token: token }]);
  });
});

describe('the settings of clerk', () => {
  const CLERK_DOMAIN = 'clerk.acme.test';
  const faults = (environment: Record<string, string>, production = false) =>
    faultsOf(clerk(), { CLERK_DOMAIN, ...environment }, production);

  it('must say how our tokens are told from those of other apps', () => {
    expect(faults({})).toEqual([
      expect.stringMatching(/^CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE must name scopes of your own/),
    ]);
    for (const [variable, value] of [
      ['CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE', 'mcp:notes'],
      ['CLERK_TOKENS_NAME_RESOURCE', 'true'],
      ['CLERK_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE', 'mcp'],
    ] as const) {
      expect(made(clerk(), { CLERK_DOMAIN, [variable]: value }, true)).toMatchObject({
        kind: 'direct',
        issuer: `https://${CLERK_DOMAIN}`,
        tokens: [{ shape: 'jwt', issuer: `https://${CLERK_DOMAIN}` }],
      });
    }
    expect(faultsOf(clerk(byScope), { CLERK_DOMAIN })).toEqual([]);
  });

  it('say so in one way', () => {
    const two = { CLERK_TOKENS_NAME_RESOURCE: 'true', CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE: 'mcp:notes' };
    expect(faults(two)).toEqual([
      'CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE, CLERK_TOKENS_NAME_RESOURCE must not be set together: one way tells our tokens',
    ]);
  });

  it('refuse scopes that any app has', () => {
    expect(faults({ CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE: 'mcp:notes,openid,email' })).toEqual([
      'CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE must name scopes of your own, not openid, email, which any app has',
    ]);
  });

  it('want TLS in production', () => {
    const local = { CLERK_DOMAIN: 'http://localhost:1', CLERK_TOKENS_NAME_RESOURCE: 'true' };
    expect(faults(local, true)).toEqual(['CLERK_DOMAIN must be https in production']);
    expect(faults(local)).toEqual([]);
  });

  it('take opaque tokens with a secret key', () => {
    const set = {
      CLERK_DOMAIN,
      CLERK_REQUIRED_SCOPES_INSTEAD_OF_AUDIENCE: 'mcp:notes',
      CLERK_SECRET_KEY: CLERK_SECRET,
    };
    expect(made(clerk(), set)).toMatchObject({ tokens: [{ shape: 'jwt' }, { shape: 'prefix', prefix: 'oat_' }] });
    for (const key of ['not a-secret', `${CLERK_SECRET}\n`, 'ä']) {
      expect(faultsOf(clerk(), { ...set, CLERK_SECRET_KEY: key })).toEqual([
        'CLERK_SECRET_KEY must be printable ASCII without spaces and line breaks',
      ]);
    }
  });
});
