import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DescopeOptions, descope } from '../../providers/descope.ts';
import { providerLaws } from '../contracts/index.ts';
import { DESCOPE, DESCOPE_PROJECT } from '../support/providers/descope.ts';
import { directFlows, tell } from '../support/providers/direct-flow.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { faultsOf, made, providerDeps } from '../support/providers/provider-deps.ts';

const RESOURCE = 'https://rs.test/a/mcp';
/** The client stands in `azp`. */
const spell = ({ client_id, ...claims }: Readonly<Record<string, unknown>>) => ({ ...claims, azp: client_id });
const others = {
  'a session of your own site': [{ iss: DESCOPE_PROJECT, aud: undefined, drn: 'DS' }],
  'a session of your own site, of the same issuer and for the mount': [{ drn: 'DS' }],
  'what renews such a session': [{ drn: 'DSR' }],
  'a token for another MCP server of the project': [{ aud: ['https://other.test/mcp', DESCOPE_PROJECT] }],
  'a token for the project': [{ aud: DESCOPE_PROJECT }],
  'a token for the project, as a list': [{ aud: [DESCOPE_PROJECT] }],
  'an ID token': [{ aud: 'app', nonce: 'n' }],
} as const;

describe('descope', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(descope(), { DESCOPE_CONFIG_URL: issuer }),
        path: DESCOPE.path,
        header: DESCOPE.header,
        spell,
        others,
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) => tell(flow, DESCOPE, ({ issuer }) => descope({ issuer })));
});

let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(DESCOPE.path);
});
afterEach(() => fake.close());

const NOW = 1_800_000_000;
const verify = async (options: DescopeOptions, changes: Record<string, unknown> = {}) => {
  const asked = { issuer: fake.issuer, audience: RESOURCE, client: 'CID-2EXAMPLE', scopes: ['notes:read'] };
  const token = await fake.sign({ ...DESCOPE.person(asked), iat: NOW, exp: NOW + 300, ...changes }, DESCOPE.header);
  return made(descope({ issuer: fake.issuer, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
};

describe('an access token of Descope', () => {
  it('tells person, app and tenant', async () => {
    expect(await verify({}, { dct: 'T2EXAMPLE' })).toMatchObject({
      subject: 'U2EXAMPLEUSER',
      clientId: 'CID-2EXAMPLE',
      tenant: 'T2EXAMPLE',
      kind: 'user',
    });
  });

  it('may carry its scopes as a text or a list', async () => {
    for (const scope of ['a b', ['a', 'b']]) expect([...(await verify({}, { scope })).scopes]).toEqual(['a', 'b']);
  });

  it('names the mount; project and MCP server may stand beside it, others only where that is wished', async () => {
    for (const aud of [RESOURCE, [RESOURCE], ['MS2EXAMPLE', RESOURCE, DESCOPE_PROJECT]]) {
      expect(await verify({}, { aud })).toMatchObject({ resource: RESOURCE });
    }
    const aud = [RESOURCE, 'https://other.test/mcp'];
    await expect(verify({}, { aud })).rejects.toMatchObject({ reason: 'wrong_audience' });
    expect(await verify({ allowMultiAudience: true }, { aud })).toMatchObject({ resource: RESOURCE });
  });

  it('may name something else in place of the mount', async () => {
    const options = { acceptAudiencesInsteadOfResource: ['https://mcp.test'] };
    expect(await verify(options, { aud: ['https://mcp.test', DESCOPE_PROJECT] })).toMatchObject({ resource: RESOURCE });
    await expect(verify(options)).rejects.toMatchObject({ reason: 'wrong_audience' });
  });
});

describe('the settings of descope', () => {
  const issuer = 'https://api.descope.com/v1/apps/agentic/P2EXAMPLE/MS2EXAMPLE';
  const faults = (DESCOPE_CONFIG_URL: string, production = false) =>
    faultsOf(descope(), { DESCOPE_CONFIG_URL }, production);

  it.each(['', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'are the issuer, or its discovery URL: %j',
    (name) => {
      expect(made(descope(), { DESCOPE_CONFIG_URL: `${issuer}${name}` }, true)).toMatchObject({
        kind: 'direct',
        issuer,
      });
    },
  );

  it('may be the issuer of the whole project', () => {
    const whole = 'https://auth.acme.test/v1/apps/P2EXAMPLE';
    expect(made(descope(), { DESCOPE_CONFIG_URL: whole })).toMatchObject({ issuer: whole });
  });

  it('refuse what is no issuer of Descope', () => {
    const wrong =
      'DESCOPE_CONFIG_URL must end like /v1/apps/agentic/<project>/<server>/.well-known/openid-configuration';
    for (const url of ['https://api.descope.com', `${issuer}/`, `${issuer}?x=1`, 'https://api.descope.com/v1/apps/']) {
      expect(faults(url)).toEqual([wrong]);
    }
    expect(faults('')).toEqual([
      'DESCOPE_CONFIG_URL must be set: the discovery URL of your MCP server at Descope, or its issuer',
    ]);
    const here = issuer.replace('https://api.descope.com', 'http://localhost:1');
    expect(faults(here)).toEqual([]);
    expect(faults(here, true)).toEqual(['DESCOPE_CONFIG_URL must be https in production']);
  });

  it('refuse the project as an audience', () => {
    const set = (audience: string) =>
      faultsOf(descope({ issuer }), { DESCOPE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: audience });
    expect(set('P2EXAMPLE')).toEqual([
      'DESCOPE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name the project: every app of it has such tokens',
    ]);
    expect(set('https://mcp.test')).toEqual([]);
  });
});
