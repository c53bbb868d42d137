import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScalekitOptions, scalekit } from '../../providers/scalekit.ts';
import { providerLaws } from '../contracts/index.ts';
import { directFlows, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { faultsOf, made, providerDeps } from '../support/providers/provider-deps.ts';
import { SCALEKIT, SCALEKIT_RESOURCE } from '../support/providers/scalekit.ts';

const RESOURCE = 'https://rs.test/a/mcp';
/** Scopes are a list in `scopes`. */
const spell = ({ scope, ...claims }: Readonly<Record<string, unknown>>) => ({
  ...claims,
  scopes: typeof scope === 'string' ? scope.split(' ') : scope,
});
const others = {
  'a session of your own site': [{ aud: ['skc_EXAMPLE'] }],
  'a token for the MCP server alone': [{ aud: SCALEKIT_RESOURCE }],
  'a token for another MCP server': [{ aud: ['res_other', 'https://other.test/mcp'] }],
  'a token for this and another MCP server': [{ aud: ['res_other', RESOURCE] }],
  'an ID token': [{ aud: ['skc_EXAMPLE'], nonce: 'n' }],
} as const;
const at = (fake: FakeIssuer) => ({ environmentUrl: fake.origin, jwksUrl: `${fake.origin}/jwks` });

describe('scalekit', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: (fake) => made(scalekit(at(fake)), { SCALEKIT_RESOURCE_ID: SCALEKIT_RESOURCE }),
        path: SCALEKIT.path,
        header: SCALEKIT.header,
        spell,
        others,
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) =>
    tell(flow, SCALEKIT, ({ origin }) => scalekit({ environmentUrl: origin, resourceId: SCALEKIT_RESOURCE })),
  );
});

let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(SCALEKIT.path);
});
afterEach(() => fake.close());

const NOW = 1_800_000_000;
const verify = async (options: ScalekitOptions, changes: Record<string, unknown> = {}) => {
  const asked = { issuer: fake.issuer, audience: RESOURCE, client: 'mcpc_EXAMPLE', scopes: ['notes:read'] };
  const token = await fake.sign({ ...SCALEKIT.person(asked), iat: NOW, exp: NOW + 300, ...changes }, SCALEKIT.header);
  return made(scalekit({ ...at(fake), resourceId: SCALEKIT_RESOURCE, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
};

describe('an access token of Scalekit', () => {
  it('tells person, app and organisation; `oid` is not the person', async () => {
    expect(await verify({})).toMatchObject({
      subject: 'usr_EXAMPLE',
      clientId: 'mcpc_EXAMPLE',
      tenant: 'org_EXAMPLE',
      kind: 'user',
    });
  });

  it('carries scopes in `scopes` and in `scope`; permissions count where that is wished', async () => {
    const changes = { scope: 'b', permissions: ['p'] };
    expect([...(await verify({}, changes)).scopes]).toEqual(['b', 'notes:read']);
    expect((await verify({ scopeClaims: ['permissions'] }, changes)).scopes.has('p')).toBe(true);
  });

  it('may name the environment as its issuer: the caller is the same', async () => {
    const { subject, issuer } = await verify({}, { iss: fake.origin });
    expect([subject, issuer]).toEqual(['usr_EXAMPLE', fake.issuer]);
    const session = { iss: fake.origin, aud: ['skc_EXAMPLE'] };
    await expect(verify({}, session)).rejects.toMatchObject({ reason: 'wrong_audience' });
    const strict = { environmentIssuer: false };
    await expect(verify(strict, { iss: fake.origin })).rejects.toMatchObject({ reason: 'wrong_issuer' });
    expect(await verify(strict)).toMatchObject({ issuer: fake.issuer });
  });

  it('is of this MCP server, and no other of the environment', async () => {
    for (const iss of [`${fake.origin}/resources/res_other`, `${fake.origin}/`]) {
      await expect(verify({}, { iss })).rejects.toMatchObject({ reason: 'wrong_issuer' });
    }
  });

  it('may name the MCP server alone, where that is wished', async () => {
    const options = { acceptAudiencesInsteadOfResource: [SCALEKIT_RESOURCE] };
    expect(await verify(options, { aud: [SCALEKIT_RESOURCE] })).toMatchObject({ resource: RESOURCE });
    await expect(verify({}, { aud: [SCALEKIT_RESOURCE] })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });

  it('may name others beside, where that is wished', async () => {
    const aud = [RESOURCE, 'https://other.test/mcp'];
    expect(await verify({ allowMultiAudience: true }, { aud })).toMatchObject({ resource: RESOURCE });
    await expect(verify({}, { aud })).rejects.toMatchObject({ reason: 'wrong_audience' });
  });
});

describe('the settings of scalekit', () => {
  const complete = { SCALEKIT_ENVIRONMENT_URL: 'https://acme.scalekit.com', SCALEKIT_RESOURCE_ID: 'res_1' };

  it('are an environment and an MCP server', () => {
    expect(made(scalekit(), complete, true)).toMatchObject({
      issuer: 'https://acme.scalekit.com/resources/res_1',
      tokens: [
        { shape: 'jwt', issuer: 'https://acme.scalekit.com/resources/res_1' },
        { shape: 'jwt', issuer: 'https://acme.scalekit.com' },
      ],
    });
    expect(faultsOf(scalekit(), {})).toEqual([
      'SCALEKIT_ENVIRONMENT_URL must be set: the URL of your environment, such as https://acme.scalekit.com',
      'SCALEKIT_RESOURCE_ID must be set: the id of your MCP server there, res_…',
    ]);
    for (const id of ['skc_1', 'res_', 'res_1/../x', 'https://mcp.test']) {
      expect(faultsOf(scalekit(), { ...complete, SCALEKIT_RESOURCE_ID: id })).toEqual([
        'SCALEKIT_RESOURCE_ID must be the id of an MCP server, res_…',
      ]);
    }
    expect(faultsOf(scalekit(), { ...complete, SCALEKIT_ENVIRONMENT_URL: 'http://localhost:1' }, true)).toEqual([
      'SCALEKIT_ENVIRONMENT_URL must be https in production',
    ]);
  });

  it('refuse a client as an audience', () => {
    const set = (SCALEKIT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: string) =>
      faultsOf(scalekit(), { ...complete, SCALEKIT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE });
    expect(set('res_1,skc_2')).toEqual([
      'SCALEKIT_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name a client (skc_…): sessions of your own site name it',
    ]);
    expect(set('res_1')).toEqual([]);
  });
});
