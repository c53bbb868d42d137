import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SupabaseOptions, supabase } from '../../providers/supabase.ts';
import { providerLaws } from '../contracts/index.ts';
import { flowsOfPeople, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { faultsOf, made, providerDeps } from '../support/providers/provider-deps.ts';
import { SUPABASE } from '../support/providers/supabase.ts';

const RESOURCE = 'https://rs.test/a/mcp';
const others = {
  'a session of your own site': [{ aud: 'authenticated', client_id: undefined }],
  'a session of your own site whose audience a hook has written': [{ client_id: undefined }],
  'an access token that no hook has seen': [{ aud: 'authenticated' }],
  'an ID token': [{ aud: 'app', at_hash: 'h' }],
  'a token of an anonymous user': [{ is_anonymous: true }],
  'a token with the role of nobody': [{ role: 'anon' }],
  'a token with the role of the project’s own servers': [{ role: 'service_role' }],
  'a token without role': [{ role: undefined }],
} as const;

describe('supabase with a token hook', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ origin }) => made(supabase(), { SUPABASE_URL: origin, SUPABASE_TOKENS_NAME_RESOURCE: 'true' }),
        path: SUPABASE.path,
        header: SUPABASE.header,
        claims: { role: 'authenticated', is_anonymous: false },
        others,
      }),
    ),
  );

  it.each(flowsOfPeople)('$title', (flow) =>
    tell(flow, SUPABASE, ({ origin }) => supabase({ url: origin, tokensNameResource: true })),
  );
});

let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(SUPABASE.path);
});
afterEach(() => fake.close());

const NOW = 1_800_000_000;
const claimsOf = (changes: Record<string, unknown>) => {
  const asked = { issuer: fake.issuer, audience: RESOURCE, client: '9a8b7c6d-EXAMPLE', scopes: ['notes:read'] };
  return { ...SUPABASE.person(asked), iat: NOW, exp: NOW + 3600, ...changes };
};
const show = (options: SupabaseOptions, token: string) =>
  made(supabase({ url: fake.origin, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
const hook = { tokensNameResource: true };
const verify = async (options: SupabaseOptions, changes: Record<string, unknown> = {}) =>
  show(options, await fake.sign(claimsOf(changes), SUPABASE.header));

describe('an access token of Supabase', () => {
  it('tells person and app; an address is not believed by what people may write about themselves', async () => {
    const principal = await verify(hook);
    expect(principal).toMatchObject({
      subject: '7b1c6a2e-0000-4000-8000-000000000001',
      clientId: '9a8b7c6d-EXAMPLE',
      name: 'Ada Example',
      kind: 'user',
    });
    expect(principal.email).toBeUndefined();
    expect(await verify(hook, { email_verified: true })).toMatchObject({ email: 'ada@example.test' });
    for (const user_metadata of [undefined, null, 'Ada', { name: 7 }]) {
      expect((await verify(hook, { user_metadata })).name).toBeUndefined();
    }
  });

  it.each([
    [{ client_id: undefined }, 'first_party_session'],
    [{ role: 'service_role' }, 'role_not_allowed'],
    [{ role: ['authenticated'] }, 'role_not_allowed'],
    [{ is_anonymous: true }, 'anonymous_user'],
    [{ is_anonymous: 'false' }, 'anonymous_user'],
    [{ aud: 'authenticated' }, 'wrong_audience'],
  ])('is refused where it is %j', async (changes, reason) => {
    await expect(verify(hook, changes)).rejects.toMatchObject({ code: 'invalid_token', reason });
    expect(await verify(hook, { is_anonymous: undefined })).toMatchObject({ kind: 'user' });
  });

  it('may have a role of your own, where that is named', async () => {
    expect(await verify({ ...hook, roles: ['authenticated', 'staff'] }, { role: 'staff' })).toBeDefined();
    await expect(verify(hook, { role: 'staff' })).rejects.toMatchObject({ reason: 'role_not_allowed' });
  });

  it('is not what the secret of the project signs', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claimsOf({ iss: 'supabase', role: 'service_role' }))}`;
    const token = `${input}.${createHmac('sha256', 'EXAMPLE').update(input).digest('base64url')}`;
    await expect(show(hook, token)).rejects.toMatchObject({ reason: 'algorithm_not_allowed' });
  });

  it('may have another audience that a hook writes', async () => {
    const named = { acceptAudiencesInsteadOfResource: ['https://mcp.test'] };
    expect(await verify(named, { aud: 'https://mcp.test' })).toMatchObject({ resource: RESOURCE });
    await expect(verify(named, { aud: 'authenticated' })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('of every app is taken where that is wished, and of every app alone', async () => {
    const everyApp = { acceptEveryClientInsteadOfAudience: true };
    const taken = { aud: 'authenticated' };
    expect(await verify(everyApp, taken)).toMatchObject({ clientId: '9a8b7c6d-EXAMPLE', resource: RESOURCE });
    const refused = async (changes: Record<string, unknown>, reason: string) =>
      expect(verify(everyApp, { ...taken, ...changes })).rejects.toMatchObject({ reason });
    await refused({ client_id: undefined }, 'first_party_session');
    await refused({ is_anonymous: true }, 'anonymous_user');
    await refused({ aud: '9a8b7c6d-EXAMPLE' }, 'wrong_audience');
    await refused({ aud: undefined }, 'wrong_audience');
  });
});

describe('the settings of supabase', () => {
  const SUPABASE_URL = 'https://abcdefgh.supabase.co';
  const faults = (environment: Record<string, string>, production = false) =>
    faultsOf(supabase(), { SUPABASE_URL, ...environment }, production);

  it('must say how our tokens are told from every other of the project', () => {
    expect(faults({})).toEqual([
      expect.stringMatching(/^SUPABASE_TOKENS_NAME_RESOURCE must be true, with a token hook/),
    ]);
    for (const [variable, value] of [
      ['SUPABASE_TOKENS_NAME_RESOURCE', 'true'],
      ['SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE', 'https://mcp.test'],
      ['SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE', 'true'],
    ] as const) {
      expect(made(supabase(), { SUPABASE_URL, [variable]: value }, true)).toMatchObject({
        kind: 'direct',
        issuer: `${SUPABASE_URL}/auth/v1`,
      });
    }
    const byResource = { acceptAudiencesInsteadOfResource: (resource: string) => [`for ${resource}`] };
    expect(faultsOf(supabase(byResource), { SUPABASE_URL })).toEqual([]);
  });

  it('say so in one way', () => {
    const two = { SUPABASE_TOKENS_NAME_RESOURCE: 'true', SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE: 'true' };
    expect(faults(two)).toEqual([
      'SUPABASE_TOKENS_NAME_RESOURCE, SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE must not be set together: one way tells our tokens',
    ]);
    expect(faults({ SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: 'a,authenticated' })).toEqual([
      'SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name authenticated: every session has it',
    ]);
  });

  it('are a project, or the issuer of a server of your own', () => {
    const hooked = { SUPABASE_TOKENS_NAME_RESOURCE: 'true' };
    expect(faults({ ...hooked, SUPABASE_URL: '' })).toEqual([
      'SUPABASE_URL must be set: the URL of your project, such as https://abcdefgh.supabase.co',
    ]);
    expect(faults({ ...hooked, SUPABASE_URL: 'http://localhost:1' }, true)).toEqual([
      'SUPABASE_URL must be https in production',
    ]);
    const own = supabase({ url: SUPABASE_URL, issuer: 'https://id.acme.test/auth', ...hook });
    expect(made(own)).toMatchObject({ issuer: 'https://id.acme.test/auth' });
  });
});
