import { describe, expect, it } from 'vitest';
import { accounts } from '../../src/authorization/accounts/accounts.ts';
import { cookieKeyManagement } from '../../src/authorization/cookie-keys.ts';
import { defaultLifetimes } from '../../src/authorization/lifetimes.ts';
import { registeredClients } from '../../src/authorization/registered-clients.ts';
import { signingKeyManagement } from '../../src/authorization/rotate-signing-keys.ts';
import { makeSigningKey } from '../../src/authorization/signing-keys.ts';
import { sha256 } from '../../src/core/secrets.ts';
import type { MaintainableStore } from '../../src/store/maintenance.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { visitConsent } from './interactions/visit.ts';
import { browser } from './support/browser.ts';
import { authorizeUrl, register } from './support/client.ts';
import { startWorld } from './support/world.ts';

const NOW = 1_790_000_000;
const clock = () => NOW;
/** What no version of today writes. */
const LATER = { of: 'a later version', list: [1, 2] };

/** The names of the records of a kind, and what stands in them. */
async function recordsOf(
  store: MaintainableStore,
  kind: string,
): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const { entries } = await store.scan(undefined, 1000);
  const found = entries.filter(({ name }) => name.startsWith(`${kind}:`));
  return new Map(found.map(({ name, value }) => [name, JSON.parse(value) as Record<string, unknown>]));
}

/** Puts into every record of a kind what a later version might. Throws where there is none. */
async function extend(store: MaintainableStore, kind: string): Promise<void> {
  const records = await recordsOf(store, kind);
  if (records.size === 0) throw new Error(`There is no ${kind}.`);
  for (const [name, record] of records) await store.put(name, JSON.stringify({ ...record, later: LATER }), 3600);
}

const only = async (store: MaintainableStore, kind: string) => [...(await recordsOf(store, kind)).values()];

describe('F23 a record of a later version', () => {
  it('F23 of a client is read, and keeps what is not known here when it is renewed, changed and managed', async () => {
    const store = memoryStore({ clock });
    const clients = registeredClients({ store, clock, lifetimes: defaultLifetimes });
    await clients.save('one', { client_id: 'one', redirect_uris: ['https://app.example/cb'] });
    await extend(store, 'client');
    await clients.renew('one');
    await clients.manageWith('one', 'registration_access_token:a');
    await clients.manageWith('one', 'registration_access_token:b');
    await clients.save('one', { client_id: 'one', redirect_uris: ['https://app.example/other'] });
    expect(await only(store, 'client')).toMatchObject([
      { later: LATER, used: true, tokenRecord: 'registration_access_token:b' },
    ]);
    expect(await clients.find('one')).toMatchObject({ redirect_uris: ['https://app.example/other'] });
  });

  it('F23 of an account keeps what is not known here when the password is set', async () => {
    const store = memoryStore();
    const people = accounts({ store, clock });
    const { subject } = await people.add({ username: 'alice', password: 'correct horse battery' });
    await extend(store, 'account');
    await people.setPassword('alice', 'another horse battery');
    expect((await people.verify('alice', 'another horse battery'))?.subject).toBe(subject);
    expect(await only(store, 'account')).toMatchObject([{ later: LATER, username: 'alice' }]);
  });

  it('F23 of keys keeps what is not known here, of the list and of each key, when they are changed', async () => {
    const store = memoryStore();
    const key = { ...(await makeSigningKey(NOW)), later: LATER };
    await store.put('signing_keys', JSON.stringify({ keys: [key], later: LATER }), Infinity);
    await store.put(
      'cookie_keys',
      JSON.stringify({ keys: [{ secret: 'kept', createdAt: 0, later: LATER }], later: LATER }),
      60,
    );
    expect(await signingKeyManagement({ store, clock }).rotate(600)).toBe(true);
    expect(await cookieKeyManagement({ store, clock, overlap: 60 }).rotate(60)).toBe(true);
    for (const kind of ['signing_keys', 'cookie_keys']) {
      expect(await only(store, kind)).toMatchObject([{ later: LATER, keys: [{ later: LATER }, {}] }]);
    }
  });

  it('F23 of a sign-in keeps what is not known here, and goes on as one of a browser session does', async () => {
    const store = memoryStore();
    const world = await startWorld({ store });
    const client = await register(world);
    const as = browser(world.at);
    await as.allow(authorizeUrl(world, client));
    await extend(store, 'session');
    const { page } = await visitConsent(world, { as, client });
    await extend(store, 'interaction');
    const answered = await page.post('consent', [
      ['scope', 'notes:read'],
      ['decision', 'approve'],
    ]);
    expect(await only(store, 'interaction')).toMatchObject([{ later: LATER, result: expect.any(Object) }]);
    expect((await as.follow(answered)).location).toContain('code=');
    await world.close();
  });
});

describe('F23 a record of an earlier version', () => {
  it('F23 of a client is read and renewed as it was first kept', async () => {
    const store = memoryStore({ clock });
    const metadata = { client_id: 'one', redirect_uris: ['https://app.example/cb'] };
    const record = { metadata, used: false, renewedAt: NOW - 60, expiresAt: NOW + 600 };
    await store.put(`client:${sha256('one')}`, JSON.stringify(record), 600);
    const clients = registeredClients({ store, clock, lifetimes: defaultLifetimes });
    expect(await clients.find('one')).toEqual(metadata);
    await clients.renew('one');
    expect(await only(store, 'client')).toMatchObject([{ metadata, used: true, renewedAt: NOW }]);
  });

  it('F23 of a server that has changed no key yet can be read by the version before', async () => {
    const store = memoryStore();
    const world = await startWorld({ store });
    expect(JSON.parse((await store.get('cookie_keys')) ?? '')).toEqual({
      keys: [expect.stringMatching(/^[\w-]{43}$/)],
    });
    expect(JSON.parse((await store.get('signing_keys')) ?? '')).toEqual({
      keys: [{ jwk: expect.any(Object), createdAt: expect.any(Number) }],
    });
    await world.close();
  });
});
