import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/store/fernet.ts';
import { type CookieJar, createCookieJar } from '../support/cookie-jar.ts';
import { walk } from '../support/form-walker.ts';
import { readForms } from '../support/html-forms.ts';
import { assertedToken, assertionOf, keyMachine } from '../support/machine.ts';
import { ask, callTool } from '../support/plain-http.ts';
import { describeRedisServer, type RedisServer, redisServer } from '../support/redis-server.ts';
import {
  authorize,
  authorizeUrl,
  CALLBACK,
  type Registered,
  redeem,
  refresh,
  registerClient,
  signIn,
} from '../support/signed-in.ts';
import { until } from '../support/until.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

describeRedisServer('a Redis that lost its last second', () => {
  let redis: RedisServer;
  let world: World;
  let client: Registered;
  beforeAll(async () => {
    redis = await redisServer({ settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'] });
    world = await startWorld({ settings: { storeUrl: redis.url, keys: [generateFernetKey()] } });
    client = await registerClient(world.url);
  });
  afterAll(async () => {
    await world.close();
    await redis.close();
  });

  /** Remembers what is on the disk; the answer is a crash that loses all that was written since. */
  const soonToBeLost = async (): Promise<() => Promise<void>> => {
    const copy = await mkdtemp(join(tmpdir(), 'gatehouse-lost-'));
    await cp(redis.folder, copy, { recursive: true });
    return async () => {
      await redis.kill();
      await rm(redis.folder, { recursive: true });
      await cp(copy, redis.folder, { recursive: true });
      await rm(copy, { recursive: true });
      await redis.restart();
      await until(
        () => ask(`${world.url}/readyz`),
        ({ value }) => value?.status === 200,
      );
    };
  };

  /** A browser on the consent page: what its button sends, and what the page after it asks for. */
  const consentPage = async (jar: CookieJar) => {
    let page: { readonly url: URL; readonly html: string } | undefined;
    const walker = { username: 'ada', password: PASSWORDS.ada, redirectUri: CALLBACK, jar };
    const arrived = walk(authorizeUrl(world.url, client), {
      ...walker,
      onPage: (seen) => {
        if (seen.html.includes('name="decision"')) page = seen;
      },
      beforeStep: async () => {
        if (page !== undefined) throw new Error('far enough');
      },
    });
    await expect(arrived).rejects.toThrow('far enough');
    const { url, html } = page ?? { url: new URL(world.url), html: '' };
    const [form] = readForms(html, url);
    const fields = (form?.controls ?? [])
      .filter(({ kind, checked }) => kind === 'hidden' || (kind === 'checkbox' && checked))
      .map(({ name, value }): [string, string] => [name, value]);
    const cookie = jar.header(url);
    const body = new URLSearchParams([...fields, ['decision', 'approve']]);
    return () =>
      ask(form?.action ?? url, { method: 'POST', body, headers: { cookie, origin: url.origin, accept: 'text/html' } });
  };
  const resume = (jar: CookieJar, location: string | null) => {
    const url = new URL(location ?? '', world.url);
    const cookie = jar.header(url);
    return () => ask(url, { headers: { cookie, accept: 'text/html' } });
  };

  it('F09 gives no code, sign-in or assertion back that was used in it, and signs nobody out', async () => {
    const before = await signIn(world.url, { client });
    const used = await authorize(world.url, { client });
    const [first, second] = [createCookieJar(), createCookieJar()];
    const [approve, approveOther] = [await consentPage(first), await consentPage(second)];
    const approved = await approve();
    const goOn = resume(first, approved.headers.get('location'));
    const machine = await keyMachine(world.host.authorization, ['notes:read']);
    const fields = { resource: `${world.url}/notes/mcp` };
    const asserted = (text: string) => assertedToken(world.url, text, fields);
    // The epoch in which nothing was lost yet is itself a second old before anybody's assertion is taken.
    await until(
      async () => asserted(await assertionOf(machine, world.url)),
      ({ value }) => value?.status === 200,
    );
    const lose = await soonToBeLost();

    expect((await redeem(world.url, used)).status).toBe(200);
    expect((await goOn()).headers.get('location')).toContain('code=');
    const other = await approveOther();
    expect((await resume(second, other.headers.get('location'))()).headers.get('location')).toContain('code=');
    const late = await assertionOf(machine, world.url);
    expect([(await asserted(late)).status, other.status]).toEqual([200, 303]);
    await lose();

    expect((await redeem(world.url, used)).body).toMatchObject({ error: 'invalid_grant' });
    expect([(await goOn()).status, (await approveOther()).status]).toEqual([410, 410]);
    const replayed = await asserted(late);
    expect([replayed.status, replayed.headers.get('retry-after')]).toEqual([503, '1']);

    await until(
      async () => asserted(await assertionOf(machine, world.url)),
      ({ value }) => value?.status === 200,
      3,
    );
    const { access, refresh: token } = await signIn(world.url, { client });
    expect((await callTool(`${world.url}/notes/mcp`, access, 'list_notes')).status).toBe(200);
    expect([
      (await refresh(world.url, client, token)).status,
      (await refresh(world.url, client, before.refresh)).status,
    ]).toEqual([200, 200]);
  });
});
