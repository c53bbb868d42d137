import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cookieKeyManagement } from '../../src/authorization/cookie-keys.ts';
import { signingKeys } from '../../src/authorization/signing-keys.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Unavailable } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { browser } from './support/browser.ts';
import {
  authorizeUrl,
  basic,
  CALLBACK,
  codeFor,
  isLive,
  postForm,
  postJson,
  redeem,
  refresh,
  register,
  signIn,
  VERIFIER,
} from './support/client.ts';
import { PASSWORD, startWorld } from './support/world.ts';

/** A store whose every operation can be made to fail, and that shows all its keys and values. */
function watchedStore() {
  const memory = memoryStore();
  const seen: string[] = [];
  const state = { broken: false };
  const guard = async <T>(run: () => Promise<T>, ...written: string[]): Promise<T> => {
    if (state.broken) throw new Unavailable('test');
    seen.push(...written);
    return run();
  };
  const store: Store = {
    get: (key) => guard(() => memory.get(key)),
    put: (key, value, ttl) => guard(() => memory.put(key, value, ttl), key, value),
    putIfAbsent: (key, value, ttl) => guard(() => memory.putIfAbsent(key, value, ttl), key, value),
    take: (key) => guard(() => memory.take(key)),
    delete: (key) => guard(() => memory.delete(key)),
    close: () => memory.close(),
  };
  return { store, seen, state };
}

describe('the state of the authorization server', () => {
  it('ST-10 answers 503 on every endpoint while the store is down, and works again afterwards', async () => {
    const { store, state } = watchedStore();
    const world = await startWorld({ store });
    const { client, tokens } = await signIn(world);
    const code = await codeFor(world, client);
    const secret = { client_id: client.client_id, token: String(tokens.access_token) };
    state.broken = true;
    for (const answer of [
      await redeem(world, client, code),
      await refresh(world, client, tokens.refresh_token),
      await postForm(world, '/revoke', secret),
      await postForm(world, '/introspect', { token: 'x' }, basic('machine_x', 'y')),
      await postJson(world, '/register', { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }),
    ]) {
      expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.headers.has('www-authenticate')).toBe(false);
    }
    const page = await fetch(authorizeUrl(world, client), { redirect: 'manual' });
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
    await expect(world.authorization.ready()).rejects.toThrow(Unavailable);
    state.broken = false;
    await world.authorization.ready();
    expect((await redeem(world, client, code)).status).toBe(200);
    expect((await refresh(world, client, tokens.refresh_token)).status).toBe(200);
    await world.close();
  });

  it('ST-17 writes no code, token, secret, verifier or password into a key or a value', async () => {
    const { store, seen } = watchedStore();
    const world = await startWorld({ store });
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const machine = await world.authorization.machines.add({ name: 'robot', scopes: ['notes:read'], secret: true });
    const proof = basic(client.client_id, String(client.client_secret));
    const as = browser(world.at);
    const code = await codeFor(world, client, {}, { as });
    const tokens = (await redeem(world, client, code, {}, proof)).body;
    const before = seen.length;
    await refresh(world, client, tokens.refresh_token, {}, proof);
    const secrets = [code, VERIFIER, tokens.refresh_token, client.client_secret, machine.clientSecret, PASSWORD];
    const session = [...as.jar.values()]
      .find(({ value }) => value.startsWith('gatehouse_session='))
      ?.value.split('=')[1];
    for (const secret of [...secrets, client.registration_access_token, session]) {
      expect(secret).toEqual(expect.any(String));
      const text = String(secret);
      const spellings = [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64url')];
      expect(seen.slice(0, before).filter((entry) => spellings.some((spelling) => entry.includes(spelling)))).toEqual(
        [],
      );
    }
    await world.close();
  });

  it('CO-02 makes one code of an approved request that is resumed twenty times at once', async () => {
    const world = await startWorld();
    const client = await register(world);
    const as = browser(world.at);
    await codeFor(world, client, {}, { as });
    const page = await as.open(authorizeUrl(world, client));
    const approved = await as.submit(page, [
      ['scope', 'notes:read'],
      ['decision', 'approve'],
    ]);
    const resume = new URL(approved.location ?? '', world.at).href;
    const landings = await Promise.all(Array.from({ length: 20 }, () => as.send(resume)));
    expect(landings.filter(({ location }) => location?.includes('code='))).toHaveLength(1);
    expect(landings.filter(({ status }) => status === 410)).toHaveLength(19);
    await world.close();
  });

  it('CO-21 answers access_denied when the account goes between sign-in and consent', async () => {
    const world = await startWorld();
    await world.authorization.accounts.add({ username: 'grace', password: PASSWORD });
    const client = await register(world);
    const as = browser(world.at);
    const signInPage = await as.open(authorizeUrl(world, client));
    const consent = await as.follow(
      await as.submit(signInPage, [
        ['username', 'grace'],
        ['password', PASSWORD],
      ]),
    );
    const approved = await as.submit(consent, [
      ['scope', 'notes:read'],
      ['decision', 'approve'],
    ]);
    await world.authorization.accounts.remove('grace');
    const end = await as.follow(approved);
    const gone = end.location === undefined ? end.status : new URL(end.location).searchParams.get('error');
    expect(gone).toBe('access_denied');
    const again = await as.open(authorizeUrl(world, client));
    expect(again.html).toContain('name="password"');
    await world.close();
  });

  it('CO-23 finishes two sign-ins of one browser in the opposite order', async () => {
    const world = await startWorld();
    const [one, two] = [await register(world), await register(world)];
    const as = browser(world.at);
    await codeFor(world, one, {}, { as });
    const pages = [await as.open(authorizeUrl(world, one)), await as.open(authorizeUrl(world, two))];
    for (const [index, client] of [two, one].entries()) {
      const page = pages[1 - index];
      if (page === undefined) throw new Error('no page');
      const end = await as.follow(
        await as.submit(page, [
          ['scope', 'notes:read'],
          ['decision', 'approve'],
        ]),
      );
      const code = new URL(end.location ?? '').searchParams.get('code') ?? '';
      expect((await redeem(world, client, code)).status).toBe(200);
    }
    await world.close();
  });

  it('AZ-23 sends nothing to a redirect URI that was stored before the rules', async () => {
    const world = await startWorld();
    const { clientRecords } = await import('../../src/authorization/client-records.ts');
    const { defaultLifetimes } = await import('../../src/authorization/lifetimes.ts');
    const { machines, revocations } = world.authorization;
    const parts = { store: world.store, clock: systemClock, lifetimes: defaultLifetimes, machines, revocations };
    const records = clientRecords({ ...parts, documented: async () => undefined });
    for (const uri of ['javascript:alert(1)', 'https://c.test/cb#x', 'http://c.test/cb']) {
      await records.save('legacy', { client_id: 'legacy', redirect_uris: [uri], token_endpoint_auth_method: 'none' });
      const response = await fetch(authorizeUrl(world, { client_id: 'legacy' }, { redirect_uri: uri }), {
        redirect: 'manual',
      });
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    }
    await world.close();
  });
});

describe('a sealed SQLite file', () => {
  let folder: string;
  const ring = keyRing([generateFernetKey()]);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = async (): Promise<Store> =>
    sealedStore(sqliteStore({ file: join(folder, 'state.db') }), ring, { log: silentLog });

  it('carries clients, codes, grants and keys over a restart in the middle of a sign-in', async () => {
    const first = await open();
    const before = await startWorld({ store: first });
    const { client, tokens } = await signIn(before);
    const as = browser(before.at);
    const page = await as.open(authorizeUrl(before, client));
    const code = await codeFor(before, client);
    await before.close();
    await first.close();

    const second = await open();
    const after = await startWorld({ twinOf: before, store: second });
    expect(await isLive(after, tokens.access_token)).toBe(true);
    expect((await redeem(after, client, code)).status).toBe(200);
    expect((await refresh(after, client, tokens.refresh_token)).status).toBe(200);
    const submitted = await as.submit({ ...page, url: page.url.replace(before.at, after.at) }, [
      ['username', 'alice'],
      ['password', PASSWORD],
    ]);
    expect(submitted.status).toBe(303);
    await after.close();
    await second.close();
  });
});

describe('sealed records', () => {
  it('ST-01 ST-02 are worth nothing once they were altered or put in the place of another', async () => {
    const inner = memoryStore();
    const names: string[] = [];
    const put: Store['put'] = async (name, value, ttl) => {
      names.push(name);
      return inner.put(name, value, ttl);
    };
    const ring = keyRing([generateFernetKey()]);
    const world = await startWorld({ store: await sealedStore({ ...inner, put }, ring, { log: silentLog }) });
    const [one, two] = [await signIn(world), await signIn(world)];
    const [first = '', second = ''] = names.filter((name) => name.startsWith('refresh_token:'));
    const [own, other] = [(await inner.get(first)) ?? '', (await inner.get(second)) ?? ''];
    const flipped = own.slice(0, -9) + (own.at(-9) === 'A' ? 'B' : 'A') + own.slice(-8);
    for (const planted of [other, flipped, '', 'null', own.slice(0, 40), '{"clientId":"x"}']) {
      await inner.put(first, planted, 60);
      const answer = await refresh(world, one.client, one.tokens.refresh_token);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    }
    await inner.put(first, own, 60);
    expect((await refresh(world, one.client, one.tokens.refresh_token)).status).toBe(200);
    expect((await refresh(world, two.client, two.tokens.refresh_token)).status).toBe(200);
    await world.close();
  });

  it('ST-18 all end by themselves but for keys, accounts and machines', async () => {
    const inner = memoryStore();
    const immortal = new Set<string>();
    const note = (name: string, ttl: number) => {
      if (ttl === Infinity) immortal.add(name.split(':')[0] ?? '');
    };
    const store: Store = {
      ...inner,
      put: async (name, value, ttl) => {
        note(name, ttl);
        return inner.put(name, value, ttl);
      },
      putIfAbsent: async (name, value, ttl) => {
        note(name, ttl);
        return inner.putIfAbsent(name, value, ttl);
      },
    };
    const world = await startWorld({ store });
    const { tokens, client } = await signIn(world);
    await refresh(world, client, tokens.refresh_token);
    await postForm(world, '/revoke', { token: String(tokens.refresh_token), client_id: client.client_id });
    await world.authorization.machines.add({ name: 'robot', scopes: [], secret: true });
    const kept = ['account', 'account_name', 'account_slot', 'cookie_keys', 'machine', 'machine_slot', 'signing_keys'];
    expect([...immortal].map((kind) => kind.replace('-', '_')).sort()).toEqual(kept);
    await world.close();
  });
});

describe('the keys of the server', () => {
  it('are made once by nodes that start together, and kept', async () => {
    const store = memoryStore();
    const made = await Promise.all(Array.from({ length: 8 }, () => signingKeys(store, systemClock)));
    expect(new Set(made.map(([key]) => key.jwk.kid)).size).toBe(1);
    const { list } = cookieKeyManagement({ store, clock: systemClock, overlap: 60 });
    const cookies = await Promise.all(Array.from({ length: 8 }, () => list(60)));
    expect(new Set(cookies.flat().map(({ key }) => key.secret)).size).toBe(1);
  });
});
