import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTH0 } from '../support/providers/auth0.ts';
import { type FakeDirect, startFakeDirect } from '../support/providers/fake-direct.ts';
import { fakeUpstream } from '../support/providers/fake-upstream.ts';
import { runNode } from '../support/run-node.ts';

let directory: string;
let far: FakeDirect;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  far = await startFakeDirect(AUTH0);
});
afterEach(async () => {
  await far.close();
  await rm(directory, { recursive: true, force: true });
});

const check = (word: string | undefined, environment: Record<string, string> = {}) =>
  runNode(['src/main.ts', 'check-provider', ...(word === undefined ? [] : [word])], {
    environment: { GATEHOUSE_DIR: directory, ...environment },
  });

describe('gatehouse check-provider', () => {
  it('looks at a provider by its name, and tells by its exit code whether it fits', async () => {
    const AUTH0_DOMAIN = far.fake.issuer;
    const good = await check('auth0', { AUTH0_DOMAIN });
    expect(good.stdout).toMatch(new RegExp(`^auth0: ${AUTH0_DOMAIN}\n(  fits .*\n){7}$`));
    expect(good.code).toBe(0);

    far.fake.metadata = { ...far.fake.metadata, code_challenge_methods_supported: undefined };
    const bad = await check('auth0', { AUTH0_DOMAIN });
    expect(bad.stdout).toContain('  DOES NOT FIT  It does not advertise PKCE');
    expect(bad.code).toBe(1);
  });

  it('looks at all providers of a file, one that people sign in at with our credentials', async () => {
    const upstream = await fakeUpstream();
    try {
      const file = join(directory, 'host.ts');
      const from = (path: string) => JSON.stringify(resolve(path));
      await writeFile(
        file,
        `import { createHost } from ${from('src/index.ts')};
import { apiKeys, auth0, oidc } from ${from('providers/index.ts')};
const app = { clientId: 'our-app', clientSecret: 'not-a-secret-EXAMPLE' };
export default createHost({ auth: [auth0({ domain: '${far.fake.issuer}' }), oidc({ issuer: '${upstream.url}', ...app }), apiKeys()] });
`,
      );
      const { stdout, code } = await check(file);
      expect(stdout).toContain(`auth0: ${far.fake.issuer}\n`);
      expect(stdout).toContain(
        '  fits          It takes our app: of a code that was made up it refused the code alone.\n',
      );
      expect(stdout).toContain('api-keys: nobody else runs it; there is nothing to check.\n');
      expect(stdout).not.toContain('EXAMPLE');
      expect(code).toBe(0);
    } finally {
      await upstream.close();
    }
  });

  it('looks at the keys of a provider that vouches for people', async () => {
    const environment = { ENTERPRISE_ISSUER: far.fake.issuer, ENTERPRISE_CLIENTS: 'app' };
    const good = await check('enterprise', environment);
    expect(good).toMatchObject({
      code: 0,
      stdout: `enterprise: ${far.fake.issuer}\n  fits          What its tokens are checked with is there.\n`,
    });
  });

  it('says what is missing', async () => {
    expect(await check(undefined)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The name or the file is missing.'),
    });
    expect(await check('nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no provider nobody; there are api-keys, auth0,'),
    });
    expect(await check('auth0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('AUTH0_DOMAIN must be set'),
    });
  });
});
