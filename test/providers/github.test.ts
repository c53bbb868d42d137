import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { github } from '../../providers/github.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { fakeGithub, GITHUB_APP } from '../support/providers/fake-github.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, refresh, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const INVALID = /error="invalid_token"/;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(options: Parameters<typeof fakeGithub>[0] = {}) {
  const far = await fakeGithub(options);
  open.push(far);
  const world: World = await startWorld({ settings: { auth: far.provider } });
  open.push(world);
  return { far, url: world.url, logged: world.logged };
}

describe('an OAuth App keeps the laws', () => {
  for (const law of upstreamLaws)
    it(law.title, () => law.check(() => fakeGithub({ allow: 'org:acme,team:acme/devs' })));
});

describe('a GitHub App keeps the laws', () => {
  for (const law of upstreamLaws) {
    it(law.title, () =>
      law.check(async () => {
        const far = await fakeGithub();
        far.expiring = true;
        return { ...far, endSignIn: far.endSignIns };
      }),
    );
  }
});

describe('github', () => {
  test('a person signs in with GitHub and refreshes; OP-08 their subject is the number that is never given away', async () => {
    const { far, url } = await start();
    const person = await signIn(url);

    expect(decodeJwt(person.access)).toMatchObject({ sub: 'github:583231', name: 'Ada', email: 'ada@example.com' });
    expect((await refresh(url, person.client, person.refresh)).status).toBe(200);
    far.people.grace.login = far.people.ada.login;
    far.rename();
    expect(decodeJwt((await signIn(url)).access)).toMatchObject({ sub: 'github:583231', name: 'Ada Lovelace' });
  });

  test('OP-01 a token of another app signs nobody in', async () => {
    const { far, url } = await start();
    far.answerForOtherApp?.();
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('server_error');

    far.heal();
    expect((await signIn(url)).access).toBeTruthy();
  });

  test('OP-02 a token of GitHub opens no mount, whoever made it, and GitHub is not asked about it', async () => {
    const { far, url } = await start();
    const { access, resource } = await signIn(url);
    const call = (token: string) =>
      fetch(resource, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
    expect((await call(access)).status).toBe(200);
    const asked = far.fake.requests.length;
    for (const token of ['gho_EXAMPLE0x', 'ghp_EXAMPLE', 'github_pat_EXAMPLE', 'ghs_EXAMPLE', 'ghu_EXAMPLE']) {
      const refused = await call(token);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(INVALID)]);
    }
    expect(far.fake.requests.length).toBe(asked);
  });

  test('OP-10 the scopes of its tokens stand between commas, and are told to tools alone', async () =>
    onTrial(await fakeGithub({ scopes: ['notes:read'] }), async ({ provider }, { tokens, identify }) => {
      expect((await tokens()).scopes).toEqual(['read:user', 'user:email']);
      expect(provider.grants(await identify())).toEqual(['notes:read']);
    }));

  test.each(['org:acme', 'team:ACME/devs'])('whom %s fits comes in, and nobody else', async (allow) => {
    const { far, url } = await start({ allow });
    expect(decodeJwt((await signIn(url)).access).sub).toBe('github:583231');

    Object.assign(far.people.ada, { ...far.people.grace });
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('every fault of its settings is told by variable', () => {
    const make = (environment: Record<string, string>, production: boolean) => () =>
      github().make(environment, { production });
    const whole = { GITHUB_CLIENT_ID: GITHUB_APP.clientId, GITHUB_CLIENT_SECRET: GITHUB_APP.clientSecret };

    expect(make({}, false)).toThrow(/GITHUB_CLIENT_ID must be set[\s\S]*GITHUB_CLIENT_SECRET must be set/);
    expect(make(whole, true)).toThrow(/GITHUB_ALLOW must say who may come in/);
    expect(make({ ...whole, GITHUB_ALLOW: 'everyone' }, true)).toThrow(/GITHUB_ALLOW must be anyone, or a list of/);
    expect(make({ ...whole, GITHUB_ALLOW: 'anyone' }, true)()).toMatchObject({ kind: 'upstream', name: 'github' });
    expect(make(whole, false)()).toMatchObject({ server: { issuer: 'https://github.com/login/oauth' } });
  });
});
