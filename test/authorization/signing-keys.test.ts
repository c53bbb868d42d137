import fc from 'fast-check';
import { decodeProtectedHeader } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { knownSigningKeys } from '../../src/authorization/known-signing-keys.ts';
import { signingKeyManagement } from '../../src/authorization/rotate-signing-keys.ts';
import { versionedRecord } from '../../src/authorization/signing-key-record.ts';
import {
  publishedAt,
  signingKeyAt,
  startOf,
  timeKeys,
  withNext,
  withoutKey,
} from '../../src/authorization/signing-key-times.ts';
import { makeSigningKey, type SigningKey, type SigningKeys } from '../../src/authorization/signing-keys.ts';
import { localAnnouncements } from '../../src/core/announcements.ts';
import { Unavailable } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { basic, isLive, postForm, signIn } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

const NOW = 1_790_000_000;
const LEAD = 600;
const OVERLAP = 960;
const keyNamed = (kid: string, createdAt = NOW): SigningKey => ({ jwk: { kty: 'EC', kid }, createdAt });
const named =
  (kid: string | undefined) =>
  ({ jwk }: SigningKey): boolean =>
    jwk.kid === kid;
const kidsOf = (keys: readonly SigningKey[]) => keys.map(({ jwk }) => jwk.kid);

describe('the times of signing keys', () => {
  const first: SigningKeys = [keyNamed('a')];

  it('MD-09 publishes the next key at once, and lets it sign when its time has come', () => {
    const both = withNext(first, keyNamed('b'), NOW, LEAD) ?? first;
    expect(kidsOf(publishedAt(both, NOW, OVERLAP))).toEqual(['a', 'b']);
    expect(signingKeyAt(both, NOW + LEAD - 1).jwk.kid).toBe('a');
    expect(signingKeyAt(both, NOW + LEAD).jwk.kid).toBe('b');
    expect(timeKeys(both, NOW, OVERLAP).map(({ use }) => use)).toEqual(['signs', 'next']);
  });

  it('JW-29 keeps the one before published until its last token has expired, and not longer', () => {
    const both = withNext(first, keyNamed('b'), NOW, LEAD) ?? first;
    const end = NOW + LEAD + OVERLAP;
    expect(kidsOf(publishedAt(both, end - 1, OVERLAP))).toEqual(['a', 'b']);
    expect(kidsOf(publishedAt(both, end, OVERLAP))).toEqual(['b']);
    expect(timeKeys(both, end, OVERLAP).map(({ use }) => use)).toEqual(['over', 'signs']);
  });

  it('takes no further key while one waits, and drops those that nobody needs', () => {
    const both = withNext(first, keyNamed('b'), NOW, LEAD) ?? first;
    expect(withNext(both, keyNamed('c'), NOW + LEAD - 1, LEAD)).toBeUndefined();
    expect(kidsOf(withNext(both, keyNamed('c'), NOW + LEAD, LEAD) ?? first)).toEqual(['a', 'b', 'c']);
    expect(kidsOf(withNext(both, keyNamed('c'), NOW + LEAD + 90_000, LEAD) ?? first)).toEqual(['b', 'c']);
  });

  it('JW-34 lets the next key sign at once where the one that signs is retired, or a new one', () => {
    const both = withNext(first, keyNamed('b'), NOW, LEAD) ?? first;
    const next = withoutKey(both, named('a'), keyNamed('fresh'), NOW + 1) ?? first;
    expect([kidsOf(next), signingKeyAt(next, NOW + 1).jwk.kid]).toEqual([['b'], 'b']);
    const fresh = withoutKey(first, named('a'), keyNamed('fresh'), NOW + 1) ?? first;
    expect([kidsOf(fresh), signingKeyAt(fresh, NOW + 1).jwk.kid]).toEqual([['fresh'], 'fresh']);
    expect(kidsOf(withoutKey(both, named('b'), keyNamed('fresh'), NOW + 1) ?? first)).toEqual(['a']);
    expect(withoutKey(both, named('c'), keyNamed('fresh'), NOW + 1)).toBeUndefined();
  });

  it('gives no key its use back because a later one was retired', () => {
    const both = withNext(first, keyNamed('b'), NOW, LEAD) ?? first;
    const later = NOW + LEAD + OVERLAP + 1;
    const retired = withoutKey(both, named('b'), keyNamed('c'), later) ?? first;
    expect(kidsOf(publishedAt(retired, later, OVERLAP))).toEqual(['c']);
  });

  it('always publishes the key that signs, in order, and a new one for its lead before it does', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 2000 }), retire: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let keys: SigningKeys = [keyNamed('k0')];
        let now = NOW;
        for (const [index, { wait, retire }] of steps.entries()) {
          now += wait;
          const fresh = keyNamed(`k${index + 1}`, now);
          const target = retire < 3 ? keys[retire]?.jwk.kid : undefined;
          const changed =
            target === undefined ? withNext(keys, fresh, now, LEAD) : withoutKey(keys, named(target), fresh, now);
          keys = changed ?? keys;
          const published = publishedAt(keys, now, OVERLAP);
          expect(published).toContain(signingKeyAt(keys, now));
          expect(kidsOf(keys)).not.toContain(target);
          expect(keys.map(startOf)).toEqual(keys.map(startOf).toSorted((a, b) => a - b));
          const [last = fresh] = keys.toReversed();
          if (changed && target === undefined) expect([startOf(last), published.at(-1)]).toEqual([now + LEAD, last]);
        }
      }),
    );
  });
});

describe('a record of versions', () => {
  it('lets one of many changes from the same version win, and forgets what is behind', async () => {
    const store = memoryStore();
    const record = versionedRecord(store, 'thing');
    expect(await record.latest()).toBeUndefined();
    const first = await Promise.all(
      Array.from({ length: 9 }, (_, index) => record.put(`{"first":${index}}`, undefined)),
    );
    expect(first.filter(Boolean)).toHaveLength(1);
    const before = await record.latest();
    const second = await Promise.all(
      Array.from({ length: 9 }, (_, index) => record.put(`{"second":${index}}`, before)),
    );
    expect(second.filter(Boolean)).toHaveLength(1);
    expect(await record.latest()).toEqual(await record.latest(before));
    expect((await record.latest())?.text).toBe(`{"second":${second.indexOf(true)}}`);
    expect(await store.get('thing')).toBe('');
  });

  it('says that the newest version is lost, and makes none in its place', async () => {
    const store = memoryStore();
    const record = versionedRecord(store, 'thing');
    await record.put('{}', undefined);
    await record.put('{}', await record.latest());
    await store.delete('thing:1');
    await expect(record.latest()).rejects.toThrow(
      'STORE_URL: the store has lost the newest version of thing (number 1)',
    );
  });

  it('F08 goes back into a store that has lost it, by whoever knows it, and whoever starts then finds it', async () => {
    const store = memoryStore();
    const record = versionedRecord(store, 'thing');
    await record.put('{"first":1}', undefined);
    await record.put('{"second":2}', await record.latest());
    const known = await record.latest();
    for (const lost of ['thing', 'thing:1']) await store.delete(lost);
    expect(await Promise.all([record.latest(known), record.latest(known)])).toEqual([known, known]);
    expect(await record.latest()).toEqual(known);
  });

  it('F08 gives way to what somebody made who found nothing', async () => {
    const store = memoryStore();
    const record = versionedRecord(store, 'thing');
    await record.put('{"first":1}', undefined);
    const known = await record.latest();
    await store.delete('thing');
    await record.put('{"other":1}', undefined);
    expect(await record.latest(known)).toEqual({ number: 0, text: '{"other":1}' });
  });
});

describe('the operator', () => {
  const clock = () => NOW;

  it('rotates once, however many ask at once', async () => {
    const store = memoryStore();
    const told = await Promise.all(
      Array.from({ length: 8 }, () => signingKeyManagement({ store, clock }).rotate(LEAD)),
    );
    expect(told.filter(Boolean)).toHaveLength(1);
    expect((await signingKeyManagement({ store, clock }).list(OVERLAP)).map(({ use }) => use)).toEqual([
      'signs',
      'next',
    ]);
  });

  it('loses neither of two changes at once', async () => {
    const store = memoryStore();
    const management = signingKeyManagement({ store, clock });
    const [only] = await management.list(OVERLAP);
    const kid = only?.key.jwk.kid ?? '';
    expect(await Promise.all([management.retire(kid), management.rotate(LEAD)])).toEqual([true, true]);
    const kids = (await management.list(OVERLAP)).map(({ key }) => key.jwk.kid);
    expect(kids).not.toContain(kid);
    expect(await management.retire(kid)).toBe(false);
  });
});

describe('a node that follows the keys', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A node with a clock of its own, over a store that can fail. */
  async function node(store: Store = memoryStore()) {
    const state = { ms: 0, failing: false, reads: 0, changes: 0 };
    const get: Store['get'] = async (name) => {
      state.reads += 1;
      if (state.failing) throw new Unavailable('gone');
      return store.get(name);
    };
    const known = await knownSigningKeys({
      store: { ...store, get },
      clock: () => NOW,
      log: silentLog,
      overlap: OVERLAP,
      changed: () => {
        state.changes += 1;
      },
      monotonic: () => state.ms,
    });
    return { state, known, store };
  }

  it('hears at once of a key that was retired, where word is carried', async () => {
    const store = { ...memoryStore(), announcements: localAnnouncements() };
    const management = signingKeyManagement({ store, clock: () => NOW });
    let changes = 0;
    const known = await knownSigningKeys({
      store,
      clock: () => NOW,
      log: silentLog,
      overlap: OVERLAP,
      changed: () => {
        changes += 1;
      },
      monotonic: () => 0,
    });
    const kid = known.last().keys[0].jwk.kid;
    expect(await management.retire(kid)).toBe(true);
    await until(
      async () => known.last().keys.map(({ jwk }) => jwk.kid),
      ({ value }) => value?.includes(kid) === false,
    );
    expect(changes).toBe(1);
  });

  it('asks the store once a second at most, and tells of changes', async () => {
    const { state, known, store } = await node();
    state.reads = 0;
    await Promise.all(Array.from({ length: 50 }, () => known.current()));
    expect(state.reads).toBe(0);
    await signingKeyManagement({ store, clock: () => NOW }).rotate(LEAD);
    state.ms = 1001;
    const seen = await Promise.all(Array.from({ length: 50 }, () => known.current()));
    expect([seen[0]?.keys.length, state.changes]).toEqual([2, 1]);
    // Their own place, the next one, and the one after it.
    expect(state.reads).toBeLessThanOrEqual(3);
  });

  it('goes on for five seconds while the store does not answer, and says so then', async () => {
    const { state, known } = await node();
    state.failing = true;
    state.ms = 4900;
    expect((await known.current()).keys).toHaveLength(1);
    state.ms = 5000;
    await expect(known.current()).rejects.toThrow(Unavailable);
    expect(known.last().keys).toHaveLength(1);
    state.failing = false;
    expect((await known.current()).keys).toHaveLength(1);
  });

  it('JW-06 asks the store about a key it does not know, once for all who ask in a moment', async () => {
    const { state, known, store } = await node();
    const management = signingKeyManagement({ store, clock: () => NOW });
    const old = known.last().keys[0].jwk.kid;
    await management.retire(old);
    const kid = (await management.list(OVERLAP))[0]?.key.jwk.kid;
    state.reads = 0;
    const hints = [kid, ...Array.from({ length: 100 }, (_, index) => `invented ${index}`)];
    const found = await Promise.all(hints.map((hint) => known.source({ alg: 'ES256', kid: hint })));
    expect(found.map((key) => key !== undefined)).toEqual([true, ...Array<boolean>(100).fill(false)]);
    expect(state.reads).toBeLessThanOrEqual(3);
    expect(await known.source({ alg: 'ES256', kid: old })).toBeUndefined();
  });

  it('starts on the list of one key that the first version kept', async () => {
    const store = memoryStore();
    const key = await makeSigningKey(NOW - 5);
    await store.put('signing_keys', JSON.stringify({ keys: [key] }), Infinity);
    const { known } = await node(store);
    expect(signingKeyAt(known.last().keys, NOW).jwk.kid).toBe(key.jwk.kid);
  });
});

const kidOf = (token: unknown): string | undefined => decodeProtectedHeader(String(token)).kid;

const publishedBy = async (world: World): Promise<readonly string[]> => {
  const response = await fetch(`${world.at}/jwks`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  const { keys } = (await response.json()) as { keys: readonly Record<string, unknown>[] };
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  return keys.map(({ kid }) => String(kid));
};

/** A machine client of a world, which gets tokens at any node. */
async function tokenOf(world: World): Promise<(at: World) => Promise<unknown>> {
  const machine = await world.authorization.machines.add({ name: 'robot', scopes: ['notes:read'], secret: true });
  const proof = basic(machine.clientId, String(machine.clientSecret));
  return async (at) => {
    const fields = { grant_type: 'client_credentials', resource: world.notes };
    const { status, body } = await postForm(at, '/token', fields, proof);
    expect(status).toBe(200);
    return body.access_token;
  };
}

describe('two servers on one store', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('F22 JW-29 MD-09 rotate the signing key without one refused token, and end it when its time is over', async () => {
    let now = Math.floor(Date.now() / 1000);
    const clock = () => now;
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const pass = (seconds: number) => {
      now += seconds;
      vi.advanceTimersByTime(seconds * 1000);
    };
    const one = await startWorld({ clock });
    const two = await startWorld({ clock, twinOf: one });
    const management = signingKeyManagement({ store: one.store, clock });
    const old = await signIn(one);
    expect(await management.rotate(LEAD)).toBe(true);
    pass(2);
    for (const world of [one, two]) expect(await publishedBy(world)).toHaveLength(2);
    const token = await tokenOf(one);
    const during = await token(two);
    expect(kidOf(during)).toBe(kidOf(old.tokens.access_token));
    pass(LEAD);
    const fresh = [await token(one), await token(two), (await signIn(one)).tokens.access_token];
    for (const issued of fresh) expect(kidOf(issued)).not.toBe(kidOf(during));
    for (const world of [one, two]) {
      for (const issued of [old.tokens.access_token, during, ...fresh]) expect(await isLive(world, issued)).toBe(true);
    }
    pass(OVERLAP);
    for (const world of [one, two]) expect(await publishedBy(world)).toEqual([kidOf(fresh[0])]);
    await one.close();
    await two.close();
  });

  it('JW-34 refuse the tokens of a retired key within a second, remembered ones too, and serve new ones at once', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const one = await startWorld();
    const two = await startWorld({ twinOf: one });
    const { tokens } = await signIn(one);
    for (const world of [one, two]) expect(await isLive(world, tokens.access_token)).toBe(true);
    const kid = kidOf(tokens.access_token) ?? '';
    expect(
      await signingKeyManagement({ store: one.store, clock: () => Math.floor(Date.now() / 1000) }).retire(kid),
    ).toBe(true);
    vi.advanceTimersByTime(1001);
    for (const world of [one, two]) {
      await expect(
        world.authorization.verifier.verify(tokens.access_token ?? '', new URL(one.notes)),
      ).rejects.toMatchObject({
        status: 401,
        reason: 'unknown_key',
      });
      expect(await publishedBy(world)).not.toContain(kid);
    }
    const fresh = await (await tokenOf(one))(two);
    expect([kidOf(fresh) === kid, await isLive(one, fresh)]).toEqual([false, true]);
    await one.close();
    await two.close();
  });

  it('JW-34 a token of a key that only the other node knows so far is good at once', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const one = await startWorld();
    const two = await startWorld({ twinOf: one });
    const before = await signIn(one);
    await signingKeyManagement({ store: one.store, clock: () => Math.floor(Date.now() / 1000) }).retire(
      kidOf(before.tokens.access_token) ?? '',
    );
    // Time stands still for both: neither would look again by itself.
    const three = await startWorld({ twinOf: one });
    const fresh = await (await tokenOf(three))(three);
    expect(await isLive(two, fresh)).toBe(true);
    for (const world of [one, two, three]) await world.close();
  });
});
