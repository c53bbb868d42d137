import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WorkosOptions, workos } from '../../providers/workos.ts';
import { providerLaws } from '../contracts/index.ts';
import { directFlows, tell } from '../support/providers/direct-flow.ts';
import { MACHINE } from '../support/providers/fake-direct.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { startJwtUnderTest } from '../support/providers/jwt-under-test.ts';
import { faultsOf, made, providerDeps } from '../support/providers/provider-deps.ts';
import { WORKOS_ENVIRONMENT as ENVIRONMENT, WORKOS } from '../support/providers/workos.ts';

const RESOURCE = 'https://rs.test/a/mcp';
/** What a machine application has in its token where a person's app has something else. */
const machine = {
  aud: ENVIRONMENT,
  sub: 'client_01EXAMPLEMACHINE',
  client_id: 'client_01EXAMPLEMACHINE',
  sid: undefined,
};
const others = {
  'a token that names no resource': [{ aud: ENVIRONMENT }],
  'an ID token': [{ aud: ENVIRONMENT, client_id: undefined, nonce: 'n' }],
  'a machine’s token': [machine],
  'a session of your own site': [{ iss: 'https://api.workos.com', aud: undefined, client_id: undefined }],
} as const;

describe('workos', () => {
  it.each(providerLaws)('$title', (law) =>
    law.check(() =>
      startJwtUnderTest({
        provider: ({ issuer }) => made(workos(), { WORKOS_AUTHKIT_DOMAIN: issuer, WORKOS_CLIENT_ID: ENVIRONMENT }),
        path: WORKOS.path,
        header: WORKOS.header,
        others,
      }),
    ),
  );

  it.each(directFlows)('$title', (flow) => {
    const machines = { environmentClientId: ENVIRONMENT, machinesWithoutResource: [MACHINE.id] };
    return tell(flow, WORKOS, ({ issuer }) => workos({ domain: issuer, ...machines }));
  });
});

let fake: FakeIssuer;
beforeEach(async () => {
  fake = await startFakeIssuer(WORKOS.path);
});
afterEach(() => fake.close());

const NOW = 1_800_000_000;
const verify = async (options: WorkosOptions, changes: Record<string, unknown> = {}) => {
  const asked = { issuer: fake.issuer, audience: RESOURCE, client: 'client_01EXAMPLEAPP', scopes: ['notes:read'] };
  const token = await fake.sign({ ...WORKOS.person(asked), iat: NOW, exp: NOW + 300, ...changes }, WORKOS.header);
  return made(workos({ domain: fake.issuer, ...options }))
    .verifier(providerDeps())
    .verify(token, new URL(RESOURCE));
};

describe('an access token of AuthKit', () => {
  it('tells person, app and organization', async () => {
    expect(await verify({})).toMatchObject({
      subject: 'user_01EXAMPLE',
      clientId: 'client_01EXAMPLEAPP',
      tenant: 'org_01EXAMPLE',
      kind: 'user',
    });
  });

  it('is of a machine where the subject is the app, for a resource as well', async () => {
    expect(await verify({}, { ...machine, aud: RESOURCE })).toMatchObject({ kind: 'machine' });
  });

  it('that names the environment comes in for machines that were named, and for nobody else', async () => {
    const machinesWithoutResource = [machine.client_id];
    const allowed = { environmentClientId: ENVIRONMENT, machinesWithoutResource };
    expect(await verify(allowed, machine)).toMatchObject({ kind: 'machine', resource: RESOURCE });
    expect(await verify(allowed, {})).toMatchObject({ kind: 'user' });
    const refused = async (changes: Record<string, unknown>, reason: string, options: WorkosOptions = allowed) =>
      expect(verify(options, changes)).rejects.toMatchObject({ code: 'invalid_token', reason });
    await refused({ aud: ENVIRONMENT }, 'no_resource');
    await refused({ aud: [ENVIRONMENT] }, 'no_resource');
    await refused({ ...machine, sid: 'app_consent_01EXAMPLE' }, 'no_resource');
    await refused({ ...machine, sub: 'other', client_id: 'other' }, 'machine_not_listed');
    await refused({ ...machine, aud: 'client_01OTHERENV' }, 'wrong_audience');
    await refused(machine, 'wrong_audience', { environmentClientId: ENVIRONMENT });
  });
});

describe('the settings of workos', () => {
  const WORKOS_AUTHKIT_DOMAIN = 'acme.authkit.app';

  it('are a domain', () => {
    for (const domain of [WORKOS_AUTHKIT_DOMAIN, 'https://acme.authkit.app', 'https://acme.authkit.app/']) {
      expect(made(workos(), { WORKOS_AUTHKIT_DOMAIN: domain }, true)).toMatchObject({
        kind: 'direct',
        issuer: 'https://acme.authkit.app',
      });
    }
    expect(faultsOf(workos(), {})).toEqual([
      'WORKOS_AUTHKIT_DOMAIN must be set: the AuthKit domain, such as acme.authkit.app',
    ]);
    expect(faultsOf(workos(), { WORKOS_AUTHKIT_DOMAIN: 'https://api.workos.com' })).toEqual([
      expect.stringMatching(/^WORKOS_AUTHKIT_DOMAIN must be the AuthKit domain: api\.workos\.com gives sessions/),
    ]);
    expect(faultsOf(workos(), { WORKOS_AUTHKIT_DOMAIN: 'http://localhost:1' }, true)).toEqual([
      'WORKOS_AUTHKIT_DOMAIN must be https in production',
    ]);
  });

  it('name the environment where machines may name it', () => {
    const machines = { WORKOS_AUTHKIT_DOMAIN, WORKOS_MACHINES_WITHOUT_RESOURCE: 'client_01EXAMPLEMACHINE' };
    expect(faultsOf(workos(), machines)).toEqual([
      'WORKOS_CLIENT_ID must be set: tokens of WORKOS_MACHINES_WITHOUT_RESOURCE name it',
    ]);
    expect(faultsOf(workos(), { ...machines, WORKOS_CLIENT_ID: ENVIRONMENT })).toEqual([]);
    expect(faultsOf(workos(), { WORKOS_AUTHKIT_DOMAIN, WORKOS_CLIENT_ID: ENVIRONMENT })).toEqual([]);
  });
});
