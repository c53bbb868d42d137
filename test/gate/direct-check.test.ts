import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auth0 } from '../../providers/auth0.ts';
import { jwt } from '../../providers/jwt.ts';
import { okta } from '../../providers/okta.ts';
import { checkDirect } from '../../src/gate/direct-check.ts';
import type { DirectProvider } from '../../src/gate/provider.ts';
import { AUTH0 } from '../support/providers/auth0.ts';
import { type FakeDirect, startFakeDirect } from '../support/providers/fake-direct.ts';
import { SPOILED } from '../support/providers/fake-issuer.ts';
import { OKTA } from '../support/providers/okta.ts';
import { made, providerDeps } from '../support/providers/provider-deps.ts';

let far: FakeDirect;
beforeEach(async () => {
  far = await startFakeDirect(AUTH0);
});
afterEach(() => far.close());

const found = async (provider = made(auth0({ domain: far.fake.issuer })) as DirectProvider) =>
  Object.fromEntries((await checkDirect(provider, providerDeps())).map((each) => [each.item, each]));
const verdicts = async () =>
  Object.fromEntries(Object.entries(await found()).map(([item, { verdict }]) => [item, verdict]));
const FITS = {
  ...{
    metadata: 'fits',
    endpoints: 'fits',
    members: 'fits',
    pkce: 'fits',
    registration: 'fits',
    issuer_parameter: 'fits',
  },
  keys: 'fits',
};

describe('a provider that clients talk to', () => {
  it('fits with all that clients demand', async () => {
    expect(await verdicts()).toEqual(FITS);
  });

  it.each([
    ['endpoints', 'unfit', { token_endpoint: undefined }],
    ['endpoints', 'unfit', { authorization_endpoint: '' }],
    ['pkce', 'unfit', { code_challenge_methods_supported: undefined }],
    ['pkce', 'unfit', { code_challenge_methods_supported: ['plain'] }],
    ['registration', 'unfit', { registration_endpoint: undefined }],
    ['registration', 'unfit', { registration_endpoint: undefined, client_id_metadata_document_supported: 'true' }],
    ['registration', 'fits', { registration_endpoint: undefined, client_id_metadata_document_supported: true }],
    ['members', 'unfit', { response_types_supported: undefined }],
    ['members', 'unfit', { subject_types_supported: undefined }],
    ['members', 'unfit', { id_token_signing_alg_values_supported: 'RS256' }],
    ['issuer_parameter', 'advice', { authorization_response_iss_parameter_supported: undefined }],
    ['issuer_parameter', 'advice', { authorization_response_iss_parameter_supported: 'true' }],
  ])('is judged by its %s: %s with %j', async (item, verdict, changes) => {
    far.fake.metadata = { ...far.fake.metadata, ...changes };
    expect(await verdicts()).toEqual({ ...FITS, [item]: verdict });
  });

  it('must name exactly its issuer, in the document that clients take', async () => {
    far.fake.metadata = { ...far.fake.metadata, issuer: far.fake.origin };
    const { metadata, pkce } = await found();
    expect(pkce).toBeUndefined();
    expect(metadata).toEqual({
      item: 'metadata',
      verdict: 'unfit',
      sentence: `Its metadata names the issuer "${far.fake.origin}" and not ${far.fake.issuer}: set AUTH0_DOMAIN to the domain that clients sign in at, your custom domain if there is one.`,
    });
    const first = '/.well-known/oauth-authorization-server';
    far.fake.metadata = { ...far.fake.metadata, issuer: far.fake.issuer };
    far.fake.routes.set(first, (_request, response) => response.end('{"issuer":"https://elsewhere.example"}'));
    expect((await found()).metadata?.verdict).toBe('unfit');
    far.fake.routes.delete(first);
    expect(await verdicts()).toEqual(FITS);
  });

  it('demands of a document of OAuth what OAuth demands, and names what an OpenID one lacks', async () => {
    const lacking = { subject_types_supported: undefined, id_token_signing_alg_values_supported: undefined };
    far.fake.metadata = { ...far.fake.metadata, ...lacking };
    expect((await found()).members?.sentence).toBe(
      'Its metadata lacks subject_types_supported, id_token_signing_alg_values_supported, for which clients of the MCP SDK cannot read it at all: put our server in front of it with oidc.',
    );
    const document = JSON.stringify({ issuer: far.fake.issuer, ...far.fake.metadata });
    far.fake.routes.set('/.well-known/oauth-authorization-server', (_request, response) => response.end(document));
    expect(await verdicts()).toEqual(FITS);
  });

  it('must know the grant, where tools get tokens in exchange', async () => {
    const exchange = { clientId: 'app', clientSecret: 'a secret', audience: 'api' };
    const verdict = async () =>
      (await found(made(auth0({ domain: far.fake.issuer, exchange })) as DirectProvider)).exchange?.verdict;
    expect(await verdict()).toBe('fits');
    far.fake.metadata = { ...far.fake.metadata, grant_types_supported: ['authorization_code'] };
    expect(await verdict()).toBe('advice');
    expect((await found()).exchange).toBeUndefined();
  });

  it('says in one sentence which setting to change', async () => {
    far.fake.metadata = { ...far.fake.metadata, registration_endpoint: undefined };
    expect((await found()).registration?.sentence).toBe(
      'No client can register itself (no registration_endpoint, no client_id_metadata_document_supported): turn on OIDC Dynamic Application Registration under Settings › Advanced of the tenant, or put our server in front of it with oidc.',
    );
    const generic = made(jwt({ issuer: far.fake.issuer })) as DirectProvider;
    expect((await found(generic)).registration?.sentence).toMatch(
      /: register each client by hand, or put our server in front of it with oidc\.$/,
    );
  });

  it.each(Object.entries(SPOILED).filter(([way]) => /status|redirect|no answer|HTML|closed/.test(way)))(
    'that answers with %s is told from one that does not fit',
    async (way, answer) => {
      far.fake.spoiled.set('metadata', answer);
      const { metadata, keys } = await found();
      expect(metadata?.verdict).toBe(way === 'a redirect' ? 'unfit' : 'unanswered');
      expect(keys?.verdict).toBe('unanswered');
      far.fake.spoiled.clear();
      expect(await verdicts()).toEqual(FITS);
    },
  );

  it('must have keys that can be used', async () => {
    far.fake.keys = [];
    const { keys } = await found();
    expect(keys?.sentence).toBe(
      'What its tokens are checked with is not to be had (answered_no_usable_key): look at its jwks_uri.',
    );
  });

  it('that registers nobody says so whatever its metadata says', async () => {
    const other = await startFakeDirect(OKTA);
    try {
      const { registration } = await found(made(okta({ issuer: other.fake.issuer })) as DirectProvider);
      expect(registration).toMatchObject({ verdict: 'advice' });
      expect(registration?.sentence).toContain('create an OIDC app integration for each client');
    } finally {
      await other.close();
    }
  });
});
