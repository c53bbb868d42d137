import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  COOKIE_KEY_LEAD,
  COOKIE_KEYS,
  cookieKeyId,
  cookieKeyManagement,
  cookieKeyRecord,
  cookieSigner,
} from '../../src/authorization/cookie-keys.ts';
import { knownCookieKeys } from '../../src/authorization/known-cookie-keys.ts';
import { defaultLifetimes } from '../../src/authorization/lifetimes.ts';
import { cookieKeyOverlap } from '../../src/authorization/signing-key-times.ts';
import { localAnnouncements } from '../../src/core/announcements.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { visitConsent } from './interactions/visit.ts';
import { type Browser, browser } from './support/browser.ts';
import { authorizeUrl, refresh, register, signIn } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

const OVERLAP = cookieKeyOverlap(defaultLifetimes);
const NOW = 1_790_000_000;

afterEach(() => {
  vi.useRealTimers();
});

describe('the signer of cookies', () => {
  it('takes what an earlier version signed', () => {
    const signer = cookieSigner(() => ['a secret of an earlier version']);
    const data = 'gatehouse_session=V1StGXR8_Z5jdHi6B-myT';
    expect(signer.sign(data)).toBe('4zbps-cXjIiPa0g5ZWGd2JDA18o');
    expect([signer.verify(data, signer.sign(data)), signer.verify(`${data}x`, signer.sign(data))]).toEqual([
      true,
      false,
    ]);
  });

  it('signs with the first key, and tells which one has signed', () => {
    const before = cookieSigner(() => ['one']);
    const after = cookieSigner(() => ['two', 'one']);
    const places = [after.sign('a=b'), before.sign('a=b'), 'neither'].map((signature) => after.index('a=b', signature));
    expect(places).toEqual([0, 1, -1]);
  });
});

describe('the record of cookie keys', () => {
  it('is read as the first version kept it, and keeps what a later version adds to it', async () => {
    const store = memoryStore();
    await store.put('cookie_keys', JSON.stringify({ keys: ['kept'], later: { a: 1 } }), Infinity);
    const management = cookieKeyManagement({ store, clock: () => NOW, overlap: OVERLAP });
    const uses = async () => (await management.list(OVERLAP)).map(({ key, use }) => [key.secret === 'kept', use]);
    expect(await uses()).toEqual([[true, 'signs']]);
    expect([await management.rotate(60), await management.rotate(60)]).toEqual([true, false]);
    expect(await uses()).toEqual([
      [true, 'signs'],
      [false, 'next'],
    ]);
    expect(JSON.parse((await cookieKeyRecord(store).latest())?.text ?? '')).toMatchObject({ later: { a: 1 } });
    expect(await store.get('cookie_keys'), 'the secret is not kept twice').toBe('');
  });

  it('is asked for once a second at most and after each word of a change, and missed by nobody in an outage', async () => {
    const state = { ms: 0, reads: 0, failing: false };
    const inner = memoryStore();
    const get = async (name: string) => {
      state.reads += 1;
      if (state.failing) throw new Unavailable('gone');
      return inner.get(name);
    };
    const store = { ...inner, get, announcements: localAnnouncements() };
    const known = await knownCookieKeys({
      store,
      clock: () => NOW,
      log: silentLog,
      overlap: OVERLAP,
      monotonic: () => state.ms,
    });
    const signature = known.signer.sign('a=b');
    state.reads = 0;
    await Promise.all(Array.from({ length: 50 }, () => known.refresh()));
    expect(state.reads).toBe(0);
    state.ms = 1001;
    await Promise.all(Array.from({ length: 50 }, () => known.refresh()));
    // Its own place, and the next one.
    expect(state.reads).toBe(2);
    const management = cookieKeyManagement({ store: { ...inner }, clock: () => NOW, overlap: OVERLAP });
    expect(await management.rotate(0)).toBe(true);
    state.ms = 2000;
    await known.refresh();
    expect(known.signer.index('a=b', signature), 'not heard of, and not looked for yet').toBe(0);
    store.announcements.publish(COOKIE_KEYS, '1');
    await known.refresh();
    expect(known.signer.index('a=b', signature)).toBe(1);
    const second = known.signer.sign('a=b');
    expect(await management.rotate(0)).toBe(true);
    state.ms = 3001;
    await known.refresh();
    expect(known.signer.index('a=b', second), 'found by looking, though nobody said so').toBe(2);
    state.failing = true;
    state.ms = 60_000;
    await known.refresh();
    expect(known.signer.index('a=b', second)).toBe(2);
  });
});

describe('two servers on one store', () => {
  const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
  const managementOf = ({ store }: World) => cookieKeyManagement({ store, clock: systemClock, overlap: OVERLAP });
  const start = async () => {
    const one = await startWorld();
    const two = await startWorld({ twinOf: one });
    return { one, two, management: managementOf(one), client: await register(one) };
  };
  /** Whether the browser is signed in at a node. */
  const knows = async (node: World, as: Browser, client: { readonly client_id: string }): Promise<boolean> => {
    const { location = '' } = await as.send(authorizeUrl(node, client));
    const { html } = await as.send(new URL(new URL(location, node.at).pathname, node.at).href);
    expect(html).toMatch(/name="(decision|password)"/);
    return html.includes('name="decision"');
  };

  it('F22 change the key of cookies without signing anybody out, and end the old one after the life of a session', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const { one, two, management, client } = await start();
    const early = browser(one.at);
    const idle = browser(one.at);
    for (const as of [early, idle]) await as.allow(authorizeUrl(one, client));
    const half = await visitConsent(one, { as: browser(one.at), client });
    const copied = [...early.jar];
    expect(await management.rotate(COOKIE_KEY_LEAD)).toBe(true);
    pass(2);
    for (const node of [one, two]) expect(await knows(node, early, client)).toBe(true);
    pass(COOKIE_KEY_LEAD);
    const late = browser(one.at);
    await late.allow(authorizeUrl(one, client));
    for (const node of [one, two]) {
      for (const as of [early, late]) expect(await knows(node, as, client)).toBe(true);
    }
    expect((await half.page.post('consent', [['decision', 'deny']])).status).toBe(303);
    pass(OVERLAP - 3600);
    for (const as of [early, late]) expect(await knows(one, as, client)).toBe(true);
    pass(3600);
    for (const as of [early, late]) expect(await knows(two, as, client)).toBe(true);
    const copy = browser(one.at);
    for (const [name, cookie] of copied) copy.jar.set(name, cookie);
    for (const as of [copy, idle]) expect(await knows(one, as, client)).toBe(false);
    expect((await management.list(OVERLAP)).map(({ use }) => use)).toEqual(['over', 'signs']);
    for (const node of [one, two]) await node.close();
  });

  it('sign everybody out within a second once the key is retired, and nobody loses a token', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { one, two, management, client } = await start();
    const as = browser(one.at);
    await as.allow(authorizeUrl(one, client));
    const { client: other, tokens } = await signIn(one);
    expect(await knows(two, as, client)).toBe(true);
    const [only] = await management.list(OVERLAP);
    if (only === undefined) throw new Error('There is no key.');
    expect(await management.retire(cookieKeyId(only.key))).toBe(true);
    pass(1.001);
    for (const node of [one, two]) expect(await knows(node, as, client)).toBe(false);
    const again = browser(one.at);
    await again.allow(authorizeUrl(one, client));
    for (const node of [one, two]) expect(await knows(node, again, client)).toBe(true);
    expect((await refresh(two, other, tokens.refresh_token)).status).toBe(200);
    expect(await management.retire(cookieKeyId(only.key))).toBe(false);
    for (const node of [one, two]) await node.close();
  });
});
