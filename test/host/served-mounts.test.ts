import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { type OktaOptions, okta } from '../../providers/okta.ts';
import { InvalidToken } from '../../src/core/errors.ts';
import { createHost, type HostOptions } from '../../src/host/create-host.ts';
import { servedMounts } from '../../src/host/served-mounts.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { ask, postMessage } from '../support/plain-http.ts';
import { type FakeDirect, startFakeDirect } from '../support/providers/fake-direct.ts';
import { OKTA } from '../support/providers/okta.ts';

let one: FakeDirect;
let other: FakeDirect;
let host: KeyedHost | undefined;
beforeEach(async () => {
  [one, other] = await Promise.all([startFakeDirect(OKTA), startFakeDirect(OKTA)]);
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  await Promise.all([one.close(), other.close()]);
});

const at = (far: FakeDirect, options: OktaOptions) => okta({ issuer: far.fake.issuer, ...options });
const start = async (auth: HostOptions['auth']) => {
  host = await startKeyedHost((to) => to.mount('/a', echo()).mount('/b', echo()), { auth });
  return host.url;
};
const issuersOf = async (url: string, mount: string) =>
  (await ask(`${url}/.well-known/oauth-protected-resource${mount}/mcp`)).body.authorization_servers;

describe('providers that are for some mounts', () => {
  it('have the clients of these sent to them, and their tokens taken there alone', async () => {
    const instead = { acceptAudiencesInsteadOfResource: ['api://acme'] };
    const url = await start([at(one, { mounts: ['/a'], ...instead }), at(other, { mounts: ['/b'], ...instead })]);
    expect(await issuersOf(url, '/a')).toEqual([one.fake.issuer]);
    expect(await issuersOf(url, '/b')).toEqual([other.fake.issuer]);
    const status = async (far: FakeDirect, mount: string) =>
      (await postMessage(`${url}${mount}/mcp`, await far.mint('api://acme', []), { method: 'ping' })).status;
    expect([await status(one, '/a'), await status(one, '/b')]).toEqual([200, 401]);
    expect([await status(other, '/b'), await status(other, '/a')]).toEqual([200, 401]);
    expect(host?.logged.filter((line) => line.includes('provider_of_other_mounts'))).toHaveLength(2);
  });

  it('hand on all that their verifier is given', async () => {
    const seen: unknown[][] = [];
    const verify = async (...given: unknown[]) => {
      seen.push(given);
      throw new InvalidToken('seen');
    };
    const provider = {
      kind: 'direct',
      name: 'p',
      issuer: 'https://p.test',
      mounts: ['/a'],
      verifier: () => ({ verify }),
    } as const;
    const url = new URL('https://rs.test/a/mcp');
    const resource = { uri: url.href, name: 'a', scopes: new Map(), defaultScopes: [] };
    const { limited } = servedMounts([provider], new URL('https://rs.test'), [resource]);
    const given = ['token', url, 'key', <T>(ask: () => Promise<T>) => ask()] as const;
    await expect(limited(provider, { verify }).verify(...given)).rejects.toThrow(InvalidToken);
    expect(seen).toEqual([given]);
  });

  it('leave the other mounts to a provider that is for all', async () => {
    const url = await start([at(one, { mounts: ['/a'] }), at(other, {})]);
    expect(await issuersOf(url, '/a')).toEqual([one.fake.issuer, other.fake.issuer]);
    expect(await issuersOf(url, '/b')).toEqual([other.fake.issuer]);
  });

  it('must name mounts that are there, and leave none without a provider', async () => {
    const strange = createHost({ auth: at(one, { mounts: ['/a', '/c'] }), publicUrl: 'http://localhost:3000' });
    strange.mount('/a', echo()).mount('/b', echo());
    await expect(strange.start()).rejects.toMatchObject({
      faults: [
        'auth: okta is for the mount /c, which this host does not have',
        'auth: no provider is for http://localhost:3000/b/mcp; name its mount in `mounts` of one',
      ],
    });
  });
});
