import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnterpriseOptions, enterprise } from '../../providers/enterprise.ts';
import { local } from '../../providers/local.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { HostOptions } from '../../src/host/create-host.ts';
import { type SecretMachine, secretMachine } from './machine.ts';
import { basic, type PlainAnswer, postForm } from './plain-http.ts';
import { type FakeIssuer, type IssuerKey, startFakeIssuer } from './providers/fake-issuer.ts';
import { startWorld, type World } from './world.ts';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type Facts = Readonly<Record<string, unknown>>;

/** A host that trusts the identity provider of a company, which has given a client of it to its people. */
export interface Company {
  readonly url: string;
  readonly idp: FakeIssuer;
  readonly client: SecretMachine;
  /** What it runs as at present. */
  world(): World;
  /** Runs again over the same state, in place of what ran before. */
  restart(changes?: EnterpriseOptions | 'off', settings?: Partial<HostOptions>): Promise<World>;
  /** A second node of the same deployment. */
  secondNode(): Promise<World>;
  /** A good ID-JAG about ada, changed as given; `undefined` leaves a member out. */
  assertion(claims?: Facts, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  /** Shows one at the token endpoint. */
  exchange(assertion: string, fields?: Record<string, string>, at?: string): Promise<PlainAnswer>;
  /** Does both. */
  token(claims?: Facts, fields?: Record<string, string>): Promise<PlainAnswer>;
  close(): Promise<void>;
}

/** Starts it: first without, to make the client whose id the settings then name. */
export async function startCompany(changes: EnterpriseOptions = {}): Promise<Company> {
  const idp = await startFakeIssuer();
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  let running = await startWorld({ settings: { directory } });
  const { url } = running;
  const client = await secretMachine(running.host.authorization, ['notes:write'], { enterprise: true });
  const others: World[] = [];
  const authOf = (more: EnterpriseOptions | 'off') =>
    more === 'off'
      ? local()
      : [local(), enterprise({ name: 'acme', issuer: idp.issuer, clients: [client.id], ...changes, ...more })];
  const company: Company = {
    url,
    idp,
    client,
    world: () => running,
    async restart(more = {}, settings = {}) {
      await running.close();
      running = await startWorld({
        directory,
        port: Number(new URL(url).port),
        settings: { auth: authOf(more), ...settings },
      });
      return running;
    },
    async secondNode() {
      const node = await startWorld({ directory, settings: { auth: authOf({}), publicUrl: url } });
      others.push(node);
      return node;
    },
    assertion(claims = {}, header = {}, key = undefined) {
      const now = systemClock();
      const good = {
        iss: idp.issuer,
        sub: 'ada-1815',
        aud: url,
        client_id: client.id,
        resource: `${url}/notes/mcp`,
        scope: 'notes:read',
        jti: randomUUID(),
        iat: now,
        exp: now + 120,
        name: 'Ada',
      };
      const said = Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined);
      return idp.sign(Object.fromEntries(said), { typ: 'oauth-id-jag+jwt', ...header }, key);
    },
    exchange: (assertion, fields = {}, at = url) =>
      postForm(`${at}/token`, { grant_type: JWT_BEARER, assertion, ...fields }, basic(client.id, client.secret)),
    token: async (claims, fields) => company.exchange(await company.assertion(claims), fields),
    async close() {
      for (const world of [running, ...others]) await world.close();
      await idp.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await company.restart();
  return company;
}
