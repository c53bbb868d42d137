import { randomUUID } from 'node:crypto';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { type Company, JWT_BEARER, startCompany } from '../../support/enterprise.ts';
import { basic, callTool, type PlainAnswer, postForm } from '../../support/plain-http.ts';
import { issuerKey, startFakeIssuer } from '../../support/providers/fake-issuer.ts';
import { registerClient, signIn } from '../../support/signed-in.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company.close());

const outcome = ({ status, body }: PlainAnswer) => [status, body.error];
const REFUSED = [400, 'invalid_grant'];

/** Each is refused and spends nothing: the same id is good right after. */
async function expectRefused(id: string, ...assertions: readonly string[]): Promise<void> {
  for (const assertion of assertions) expect(outcome(await company.exchange(assertion))).toEqual(REFUSED);
  expect((await company.token({ jti: id })).status).toBe(200);
}

describe('an ID-JAG at the token endpoint', () => {
  it('becomes a token of the person at the mount, for the scope that the identity provider named', async () => {
    const { url, client, idp } = company;
    const { status, body, headers } = await company.token();

    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'notes:read',
    });
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      iss: url,
      sub: 'acme:ada-1815',
      aud: `${url}/notes/mcp`,
      client_id: client.id,
      scope: 'notes:read',
      name: 'Ada',
      gh_kind: 'user',
      gh_idp: idp.issuer,
    });
    expect((await callTool(`${url}/notes/mcp`, String(body.access_token), 'list_notes')).status).toBe(200);
    const events = company.world().logged.map((line) => JSON.parse(line));
    const parties = { client: client.id, principal: 'acme:ada-1815', grant: expect.any(String) };
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'assertion_accepted', provider: 'acme', ...parties }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'token_issued', grant_type: JWT_BEARER, ...parties }),
    );
  });

  it('EM-01 is of the right type, signed by a key of a trusted issuer with an algorithm on the list', async () => {
    const { idp } = company;
    const jti = randomUUID();
    const stranger = await startFakeIssuer();
    const claims = decodeJwt(await company.assertion({ jti }));
    const unsigned = new UnsecuredJWT(claims).encode();
    const other = await issuerKey('k1');
    const strong = await issuerKey('k2', 'ES512');
    idp.keys = [...idp.keys, strong];
    await expectRefused(
      jti,
      ...(await Promise.all(
        ['at+jwt', 'JWT', undefined, 'oauth-id-jag', 'logout+jwt'].map((typ) => company.assertion({ jti }, { typ })),
      )),
      unsigned,
      await company.assertion({ jti }, {}, strong),
      await company.assertion({ jti }, {}, other),
      await company.assertion({ jti }, { kid: 'nobody-knows' }),
      await company.assertion({ jti, iss: stranger.issuer }),
      await stranger.sign({ ...claims, iss: stranger.issuer }, { typ: 'oauth-id-jag+jwt' }),
      await company.assertion({ jti, iss: `${idp.issuer}/` }),
      await company.assertion({ jti, iss: undefined }),
      await company.assertion({ jti, sub: undefined }),
      `${await company.assertion({ jti })}A`,
      'not a token',
    );
    expect(stranger.asked).toEqual([]);
    await stranger.close();
    const spelt = await company.exchange(await company.assertion({}, { typ: 'application/OAUTH-ID-JAG+jwt' }));
    expect(spelt.status).toBe(200);
  });

  it('EM-02 is for this server and nobody else, by one text', async () => {
    const { url } = company;
    const jti = randomUUID();
    const others = [
      [url, 'https://other.test'],
      [url, url],
      [url],
      `${url}/token`,
      `${url}/`,
      'https://other.test',
      undefined,
    ];
    await expectRefused(jti, ...(await Promise.all(others.map((aud) => company.assertion({ jti, aud })))));
  });

  it('EM-03 is shown by the confidential client that it was given to, and that the settings name', async () => {
    const { url, client } = company;
    const jti = randomUUID();
    await expectRefused(
      jti,
      await company.assertion({ jti, client_id: 'machine_other' }),
      await company.assertion({ jti, client_id: undefined }),
    );
    const held = async (id: string) => company.assertion({ jti: randomUUID(), client_id: id });
    const fields = async (id: string) => ({ grant_type: JWT_BEARER, assertion: await held(id) });
    const nobody = await postForm(`${url}/token`, await fields(client.id));
    const wrong = await postForm(`${url}/token`, await fields(client.id), basic(client.id, 'wrong'));
    const open = await registerClient(url);
    const asPublic = await postForm(`${url}/token`, { ...(await fields(open.client_id)), client_id: open.client_id });
    const secret = await registerClient(url, { token_endpoint_auth_method: 'client_secret_basic' });
    const proof = basic(secret.client_id, secret.client_secret ?? '');
    const unnamed = await postForm(`${url}/token`, await fields(secret.client_id), proof);
    expect([nobody, wrong, asPublic, unnamed].map(outcome)).toEqual([
      [401, 'invalid_client'],
      [401, 'invalid_client'],
      [401, 'invalid_client'],
      [400, 'unauthorized_client'],
    ]);
    expect(
      outcome(await postForm(`${url}/token`, { grant_type: JWT_BEARER }, basic(client.id, client.secret))),
    ).toEqual([400, 'invalid_request']);
  });

  it('EM-04 lives for five minutes at most and says when it began', async () => {
    const now = systemClock();
    const jti = randomUUID();
    const wrong = [
      { jti: undefined },
      { jti: '' },
      { jti: 7 },
      { jti: 'x'.repeat(257) },
      { jti, exp: now + 301 },
      { jti, iat: now - 400, exp: now + 10 },
      { jti, iat: now - 300, exp: now - 31 },
      { jti, exp: undefined },
      { jti, iat: undefined },
      { jti, iat: now + 60, exp: now + 120 },
      { jti, nbf: now + 60 },
      { jti, iat: now, exp: now },
    ];
    await expectRefused(jti, ...(await Promise.all(wrong.map((claims) => company.assertion(claims)))));
  });

  it('EM-05 is for the mount that it names, which the request may name too, and is refused with limits we cannot keep', async () => {
    const { url } = company;
    const jti = randomUUID();
    const notes = `${url}/notes/mcp`;
    const wrong = [
      { resource: undefined },
      { resource: url },
      { resource: `${notes}/` },
      { resource: [notes, `${url}/math/mcp`] },
      { cnf: { jkt: 'a-thumbprint' } },
      { authorization_details: [{ type: 'payment' }] },
      { authorization_details: null },
      { scope: ['notes:read'] },
      { scope: 'notes:read  notes:write' },
    ];
    await expectRefused(jti, ...(await Promise.all(wrong.map((claims) => company.assertion({ jti, ...claims })))));
    const resource = `${url}/math/mcp`;
    const held = await company.assertion();
    expect(outcome(await company.exchange(held, { resource }))).toEqual([400, 'invalid_target']);
    expect(outcome(await company.exchange(held, { resource: notes }))).toEqual([200, undefined]);
    expect((await company.token({ resource: [notes] })).status).toBe(200);
    const math = await company.token({ resource, scope: undefined });
    expect(decodeJwt(String(math.body.access_token)).aud).toBe(resource);
  });

  it('EM-05 gives no more scope than the assertion, the client and the request name', async () => {
    const scopeFor = async (scope: string | undefined, asked?: string) => {
      const { body } = await company.token({ scope }, asked === undefined ? {} : { scope: asked });
      return body.error ?? body.scope;
    };
    expect(await scopeFor('notes:read', 'notes:read notes:write')).toBe('notes:read');
    expect(await scopeFor('notes:read', 'notes:write')).toBe('invalid_scope');
    expect(await scopeFor('notes:write', 'notes:read')).toBe('notes:read');
    expect(await scopeFor('notes:write', 'offline_access')).toBe('notes:read notes:write');
    // The client is registered for no more than notes:write.
    expect(await scopeFor('notes:admin')).toBe('notes:read notes:write');
    expect(await scopeFor('math:use unknown')).toBe('invalid_grant');
    // Nothing named: the defaults of the mount.
    expect(await scopeFor(undefined)).toBe('notes:read');
    expect(await scopeFor(undefined, 'notes:write')).toBe('invalid_scope');
  });

  it('EM-06 is no access token, and an access token is no ID-JAG', async () => {
    const { url } = company;
    const notes = `${url}/notes/mcp`;
    const refused = await callTool(notes, await company.assertion({ aud: notes }), 'list_notes');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    const { access } = await signIn(url);
    expect((await callTool(notes, access, 'list_notes')).status).toBe(200);
    expect(outcome(await company.exchange(access))).toEqual(REFUSED);
    const theirs = await company.assertion({}, { typ: 'at+jwt' });
    expect(outcome(await company.exchange(theirs))).toEqual(REFUSED);
    const signatures = [access, theirs].map((token) => token.split('.')[2] ?? '');
    const lines = company.world().logged.join('\n');
    expect(lines).toContain('wrong_type');
    expect(signatures.filter((signature) => lines.includes(signature))).toEqual([]);
  });
});
