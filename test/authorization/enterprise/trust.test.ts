import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterprise } from '../../../providers/enterprise.ts';
import { local } from '../../../providers/local.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { remoteKeys } from '../../../src/gate/remote-keys.ts';
import { createHost } from '../../../src/host/create-host.ts';
import { type Company, JWT_BEARER, startCompany } from '../../support/enterprise.ts';
import { assertedToken, assertionOf, keyMachine, machineToken, secretMachine } from '../../support/machine.ts';
import { ask, basic, callTool, type PlainAnswer, postForm } from '../../support/plain-http.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { startFakeIssuer } from '../../support/providers/fake-issuer.ts';
import { fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { providerDeps } from '../../support/providers/provider-deps.ts';
import { runNode } from '../../support/run-node.ts';
import { registerClient } from '../../support/signed-in.ts';
import { until } from '../../support/until.ts';
import { startWorld as startServer } from '../support/world.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company.close());

const outcome = ({ status, body }: PlainAnswer) => [status, body.error];
const REFUSED = [400, 'invalid_grant'];
const call = async (token: unknown): Promise<number> =>
  (await callTool(`${company.url}/notes/mcp`, String(token), 'list_notes')).status;
const metadata = async () => (await ask(`${company.url}/.well-known/oauth-authorization-server`)).body;

describe('EM-04 an ID-JAG is good once', () => {
  it('EM-04 one after another, at every node and after a restart', async () => {
    const used = await company.assertion();
    expect((await company.exchange(used)).status).toBe(200);
    expect(outcome(await company.exchange(used))).toEqual(REFUSED);
    const node = await company.secondNode();
    expect(outcome(await company.exchange(used, {}, node.url))).toEqual(REFUSED);
    await company.restart();
    expect(outcome(await company.exchange(used))).toEqual(REFUSED);
    expect((await company.token()).status).toBe(200);
    const replays = company.world().logged.filter((line) => line.includes('"assertion_replay"'));
    expect(replays.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ provider: 'acme', client: company.client.id }),
    ]);
  });

  it('EM-04 twenty at once at two nodes', async () => {
    const node = await company.secondNode();
    const assertion = await company.assertion();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        company.exchange(assertion, {}, index % 2 === 0 ? company.url : node.url),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter((answer) => outcome(answer).join() === REFUSED.join());
    expect([won.length, lost.length]).toEqual([1, 19]);
  });

  it('EM-04 F09 not at all where the store may have lost that it was used', async () => {
    let epoch = 'first';
    let ahead = 0;
    const clock = () => systemClock() + ahead;
    const before = await startServer();
    const { clientId, clientSecret = '' } = await before.authorization.machines.add({
      name: 'Assistant',
      scopes: ['notes:read'],
      secret: true,
    });
    const { idp } = company;
    const options = { name: 'acme', issuer: idp.issuer, clients: [clientId] };
    const provider = enterprise(options).make({}, { production: false });
    if (provider.kind !== 'enterprise') throw new TypeError('This provider vouches for nobody.');
    const { keys } = remoteKeys(provider, providerDeps({ clock }));
    const world = await startServer({
      twinOf: before,
      clock,
      epoch: async () => epoch,
      enterprise: [{ provider, keys }],
    });
    const show = async (issued: number) => {
      const claims = { aud: world.issuer, client_id: clientId, resource: world.notes, iat: issued, exp: issued + 200 };
      const fields = { grant_type: JWT_BEARER, assertion: await company.assertion(claims) };
      return postForm(`${world.at}/token`, fields, basic(clientId, clientSecret));
    };
    ahead = 100;
    expect((await show(clock())).status).toBe(200);
    epoch = 'second';
    const late = await show(clock());
    expect([...outcome(late), late.headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '30']);
    // By a clock that is half a minute ahead this one may be from before.
    ahead = 125;
    expect((await show(clock())).status).toBe(503);
    ahead = 140;
    expect((await show(clock())).status).toBe(200);
    await Promise.all([before.close(), world.close()]);
  });
});

describe('the trust in an identity provider', () => {
  it('is told in the metadata, and gone with the setting: the grant, the metadata and every token that it gave', async () => {
    const { body } = await company.token();
    const profile = 'urn:ietf:params:oauth:grant-profile:id-jag';
    expect(await metadata()).toMatchObject({
      grant_types_supported: expect.arrayContaining([JWT_BEARER]),
      authorization_grant_profiles_supported: [profile],
    });
    expect(await call(body.access_token)).toBe(200);
    const world = await company.restart('off');
    expect(JSON.stringify(await metadata())).not.toMatch(/jwt-bearer|id-jag/);
    expect(await call(body.access_token)).toBe(401);
    const proof = basic(company.client.id, company.client.secret);
    const told = await postForm(`${company.url}/introspect`, { token: String(body.access_token) }, proof);
    expect(told.body).toEqual({ active: false });
    expect(outcome(await company.token())).toEqual([400, 'unsupported_grant_type']);
    expect(world.host.authorization).toBeDefined();
    await company.restart();
    expect(await call(body.access_token)).toBe(200);
    expect(
      (await postForm(`${company.url}/introspect`, { token: String(body.access_token) }, proof)).body,
    ).toMatchObject({
      active: true,
      sub: 'acme:ada-1815',
    });
  });

  it('holds for the clients and the people that the settings name', async () => {
    const verified = { email: 'ada@acme.test', email_verified: true };
    await company.restart({ allow: 'domain:acme.test' });
    expect((await company.token(verified)).status).toBe(200);
    expect(outcome(await company.token({ email: 'ada@acme.test' }))).toEqual(REFUSED);
    expect(outcome(await company.token({ ...verified, email: 'eve@other.test' }))).toEqual(REFUSED);
    await company.restart({ allow: 'tenant:north', emailsAreVerified: true, scopes: ['notes:read'] });
    const { body } = await company.token({ tenant: 'north', scope: 'notes:write', email: 'ada@acme.test' });
    expect(body.scope).toBe('notes:read');
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'acme:north/ada-1815',
      gh_tenant: 'north',
      email: 'ada@acme.test',
    });
    for (const tenant of ['south', '', 7, undefined]) expect(outcome(await company.token({ tenant }))).toEqual(REFUSED);
    await company.restart({ clients: ['machine_other'] });
    expect(outcome(await company.token())).toEqual([400, 'unauthorized_client']);
    await company.restart();
    expect((await company.token()).status).toBe(200);
  });

  it('lets the named clients prove themselves as they registered, and none act for itself with that', async () => {
    const { url, client } = company;
    const { authorization } = company.world().host;
    const keyed = await keyMachine(authorization, ['notes:read'], { enterprise: true });
    const own = await registerClient(url, { token_endpoint_auth_method: 'client_secret_post' });
    const resources = [`${url}/math/mcp`];
    const elsewhere = await secretMachine(authorization, ['notes:read'], { enterprise: true, resources });
    await company.restart({ clients: [client.id, keyed.id, own.client_id, elsewhere.id] });
    const show = async (id: string, proof: Record<string, string>) => {
      const assertion = await company.assertion({ client_id: id });
      return outcome(await postForm(`${url}/token`, { grant_type: JWT_BEARER, assertion, ...proof }));
    };
    const signed = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf(keyed, url),
    };
    expect(await show(keyed.id, signed)).toEqual([200, undefined]);
    expect(await show(keyed.id, signed)).toEqual([401, 'invalid_client']);
    const secret = { client_id: own.client_id, client_secret: own.client_secret ?? '' };
    expect(await show(own.client_id, secret)).toEqual([200, undefined]);
    expect(await show(elsewhere.id, { client_id: elsewhere.id, client_secret: elsewhere.secret })).toEqual([
      400,
      'invalid_target',
    ]);
    expect(outcome(await machineToken(url, client))).toEqual([400, 'unauthorized_client']);
    expect(outcome(await assertedToken(url, await assertionOf(keyed, url)))).toEqual([400, 'unauthorized_client']);
    await company.restart();
  });

  it('is in each issuer for its own clients', async () => {
    const other = await startFakeIssuer('/other');
    const { idp, client } = company;
    const auth = [
      local(),
      enterprise({ name: 'acme', issuer: idp.issuer, clients: ['machine_other'] }),
      enterprise({ name: 'globex', issuer: other.issuer, jwksUrl: `${other.origin}/jwks`, clients: [client.id] }),
    ];
    await company.restart({}, { auth });
    const [key] = other.keys;
    const theirs = await company.assertion({ iss: other.issuer }, { kid: key?.jwk.kid }, key);
    const { body } = await company.exchange(theirs);
    expect(decodeJwt(String(body.access_token)).sub).toBe('globex:ada-1815');
    expect(other.asked).toEqual(['/jwks']);
    expect(outcome(await company.token())).toEqual(REFUSED);
    expect(outcome(await company.exchange(await company.assertion({}, {}, key)))).toEqual(REFUSED);
    await company.restart();
    await other.close();
  });

  it('waits while the keys are not to be had, and spends nothing', async () => {
    let ahead = 0;
    await company.restart({}, { clock: () => systemClock() + ahead });
    const { idp } = company;
    const jti = randomUUID();
    idp.spoiled.set('jwks', (_request, response) => response.writeHead(500).end());
    const out = await company.token({ jti });
    expect([...outcome(out), Number(out.headers.get('retry-after')) > 0]).toEqual([
      503,
      'temporarily_unavailable',
      true,
    ]);
    idp.spoiled.set('jwks', (_request, response) => response.writeHead(200).end('{"keys":[]}'));
    ahead = 31;
    expect(outcome(await company.token({ jti }))).toEqual([503, 'temporarily_unavailable']);
    idp.spoiled.clear();
    ahead = 62;
    idp.metadata = { issuer: 'https://other.test' };
    expect((await company.token({ jti })).status).toBe(200);
    await company.restart();
    expect(outcome(await company.token())).toEqual([503, 'temporarily_unavailable']);
    idp.metadata = {};
    await company.restart();
    expect((await company.token()).status).toBe(200);
  });

  it('ends by grant, by person and by client, for assertions that were made before as well', async () => {
    let ahead = 0;
    await company.restart({}, { clock: () => systemClock() + ahead });
    const tokens = async () => {
      const { body } = await company.token({ iat: systemClock() - 5 });
      return String(body.access_token);
    };
    const { revocations } = company.world().host.authorization;
    const first = await tokens();
    const other = await tokens();
    await revocations.grant(String(decodeJwt(first).gid));
    expect([await call(first), await call(other)]).toEqual([401, 200]);
    const grace = String((await company.token({ sub: 'grace' })).body.access_token);
    const { directory } = company.world();
    const environment = { PUBLIC_URL: company.url, GATEHOUSE_DIR: directory };
    expect((await runNode(['src/main.ts', 'revoke', 'user', 'acme:nobody'], { environment })).code).toBe(2);
    const ended = await runNode(['src/main.ts', 'revoke', 'user', 'acme:ada-1815'], { environment });
    expect(ended.stdout).toMatch(/^Ended every session of acme:ada-1815;/);
    await until(
      () => call(other),
      ({ value }) => value === 401,
    );
    expect([await call(other), await call(grace)]).toEqual([401, 200]);
    expect(outcome(await company.token({ iat: systemClock() - 60 }))).toEqual(REFUSED);
    expect(outcome(await company.token({ iat: systemClock() + 5 }))).toEqual(REFUSED);
    ahead = 60;
    const later = { iat: systemClock() + 60, exp: systemClock() + 180 };
    expect((await company.token(later)).status).toBe(200);
    ahead = 0;
    await revocations.client(company.client.id);
    expect(await call(grace)).toBe(401);
    expect(outcome(await company.token({ sub: 'linus', iat: systemClock() - 60 }))).toEqual(REFUSED);
  });

  it('needs a server that issues tokens, and names and issuers of their own', async () => {
    const at = { issuer: 'https://idp.test', clients: ['machine_a'] };
    const publicUrl = 'http://localhost:3000';
    expect(() => createHost({ auth: enterprise(at), publicUrl })).toThrow('such as local()');
    expect(() => createHost({ auth: [local(), enterprise({ issuer: 'http://idp.test' })], publicUrl })).toThrow(
      /ENTERPRISE_ISSUER must be an https URL[\s\S]*ENTERPRISE_CLIENTS must be set/,
    );
    const fake = await fakeUpstream();
    const startWith = (...auth: ReturnType<typeof enterprise>[]) =>
      createHost({ auth: [exampleProvider(fake), ...auth], publicUrl, storeUrl: 'memory:' })
        .start()
        .catch((error: unknown) => String(error));
    expect(await startWith(enterprise({ ...at, name: 'example' }))).toContain('"example" needs a name of its own');
    expect(await startWith(enterprise(at), enterprise({ ...at, name: 'b' }))).toContain('is trusted twice');
    await fake.close();
  });
});
