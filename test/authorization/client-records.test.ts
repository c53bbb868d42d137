import fc from 'fast-check';
import type { AdapterPayload } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { accounts } from '../../src/authorization/accounts/accounts.ts';
import { clientRecords } from '../../src/authorization/client-records.ts';
import { defaultLifetimes } from '../../src/authorization/lifetimes.ts';
import { machines } from '../../src/authorization/machines.ts';
import { describeClient, operatorClients } from '../../src/authorization/operator-clients.ts';
import { registeredClients, registeredLife } from '../../src/authorization/registered-clients.ts';
import { revocations } from '../../src/authorization/revocations.ts';
import { revokingAccounts } from '../../src/authorization/revoking-accounts.ts';
import { sha256 } from '../../src/core/secrets.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { CALLBACK } from './support/client.ts';

const DAY = 86_400;
const start = 1_790_000_000;
const metadataOf = (id: string, changes: AdapterPayload = {}): AdapterPayload => ({
  client_id: id,
  client_id_issued_at: start,
  client_name: 'Test client',
  redirect_uris: [CALLBACK],
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  ...changes,
});

/** Registered clients over a memory store and a clock to move. */
function setUp(lifetimes = defaultLifetimes) {
  const time = { now: start };
  const clock = () => time.now;
  const store = memoryStore({ clock });
  return { store, time, clock, lifetimes, clients: registeredClients({ store, clock, lifetimes }) };
}

/** The store, each of whose steps waits for its turn: in every order that there is, sooner or later. */
function takingTurns(inner: Store, turns: fc.Scheduler): Store {
  const turn =
    <A extends readonly unknown[], R>(name: string, action: (...values: A) => Promise<R>) =>
    async (...values: A): Promise<R> => {
      await turns.schedule(Promise.resolve(), name);
      return action(...values);
    };
  return {
    get: turn('get', inner.get),
    put: turn('put', inner.put),
    putIfAbsent: turn('putIfAbsent', inner.putIfAbsent),
    take: turn('take', inner.take),
    delete: turn('delete', inner.delete),
    close: inner.close,
  };
}

/** Runs steps on one client at once, in every order, and hands what is left to `check`. */
const inEveryOrder = (
  steps: (clients: ReturnType<typeof registeredClients>) => readonly Promise<unknown>[],
  check: (left: ReturnType<typeof setUp>) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), async (turns) => {
      const world = setUp();
      await world.clients.save('client_a', metadataOf('client_a'));
      await world.clients.manageWith('client_a', 'registration_token:one');
      await world.store.put('registration_token:one', 'token', DAY);
      const store = takingTurns(world.store, turns);
      await turns.waitFor(Promise.all(steps(registeredClients({ ...world, store }))));
      await check(world);
    }),
    { numRuns: 500 },
  );

describe('the life of a registered client', () => {
  it('RG-20 is a day until it is used, then what is set, counted from its last use', async () => {
    const { time, clients } = setUp();
    await clients.save('client_a', metadataOf('client_a'));
    await clients.save('client_b', metadataOf('client_b'));
    time.now += DAY - 1;
    await clients.renew('client_b');
    time.now += 1;
    expect([await clients.find('client_a'), await clients.find('client_b')]).toEqual([
      undefined,
      metadataOf('client_b'),
    ]);
    time.now += 89 * DAY;
    await clients.renew('client_b');
    time.now += 89 * DAY;
    expect(await clients.find('client_b')).toBeDefined();
    time.now += 2 * DAY;
    expect(await clients.find('client_b')).toBeUndefined();
  });

  it('is longer than that of every refresh token it may hold, whatever is set', () => {
    const days = (most: number) => fc.integer({ min: 1, max: most }).map((count) => count * DAY);
    fc.assert(
      fc.property(days(730), days(365), fc.integer({ min: 30, max: 3600 }), (registration, refreshIdle, userAccess) => {
        const life = registeredLife({ ...defaultLifetimes, registration, refreshIdle, userAccess });
        // Renewed a day ago at most when the token was made.
        return life >= registration && life - DAY > refreshIdle + userAccess;
      }),
    );
  });

  it('outlives its last refresh token where the setting alone would end it before', async () => {
    const lifetimes = { ...defaultLifetimes, registration: DAY, refreshIdle: 30 * DAY };
    const { time, clients } = setUp(lifetimes);
    await clients.save('client_a', metadataOf('client_a'));
    await clients.renew('client_a');
    time.now += DAY - 1;
    // A refresh token is made now; the client was renewed less than a day ago, so nothing is written.
    await clients.renew('client_a');
    time.now += lifetimes.refreshIdle;
    expect(await clients.find('client_a')).toBeDefined();
  });

  it('is written anew once a day at most', async () => {
    const { store, time, clock, lifetimes, clients } = setUp();
    await clients.save('client_a', metadataOf('client_a'));
    await clients.renew('client_a');
    let writes = 0;
    const put: Store['put'] = async (...values) => {
      writes += 1;
      await store.put(...values);
    };
    const counted = registeredClients({ store: { ...store, put }, clock, lifetimes });
    for (let hour = 1; hour < 24; hour += 1) {
      time.now = start + hour * 3600;
      await counted.renew('client_a');
    }
    expect(writes).toBe(0);
    time.now = start + DAY;
    await counted.renew('client_a');
    expect(writes).toBeGreaterThan(0);
  });

  it('is shared by the registration access token', async () => {
    const { store, time, clients } = setUp();
    await clients.save('client_a', metadataOf('client_a'));
    expect(await clients.manageWith('client_a', 'registration_token:one')).toBe(DAY);
    await store.put('registration_token:one', 'token', DAY);
    await clients.renew('client_a');
    time.now += 80 * DAY;
    expect(await store.get('registration_token:one')).toBe('token');
  });
});

describe('two at once on one client', () => {
  it('a renewal never brings back what was removed', () =>
    inEveryOrder(
      (clients) => [clients.renew('client_a'), clients.remove('client_a'), clients.renew('client_a')],
      async ({ store, clients }) => {
        expect(await clients.find('client_a')).toBeUndefined();
        expect(await store.get('registration_token:one')).toBeUndefined();
      },
    ));

  it('a renewal and a change both hold', () => {
    const changed = metadataOf('client_a', { redirect_uris: ['https://c.test/cb'] });
    return inEveryOrder(
      (clients) => [clients.renew('client_a'), clients.save('client_a', changed)],
      async ({ time, clients }) => {
        expect(await clients.find('client_a')).toEqual(changed);
        time.now += 80 * DAY;
        expect(await clients.find('client_a')).toEqual(changed);
      },
    );
  });

  it('a change and a removal leave nothing', () =>
    inEveryOrder(
      (clients) => [clients.save('client_a', metadataOf('client_a')), clients.remove('client_a')],
      async ({ clients }) => expect(await clients.find('client_a')).toBeUndefined(),
    ));

  it('a registration access token that was replaced stays replaced', () =>
    inEveryOrder(
      (clients) => [clients.renew('client_a'), clients.manageWith('client_a', 'registration_token:two')],
      async ({ store }) => expect(await store.get('registration_token:one')).toBeUndefined(),
    ));
});

describe('ten thousand registrations', () => {
  it('RG-20 DS-10 cost the same each, in steps and in bytes, and touch none of the others', async () => {
    const { store, clock, lifetimes } = setUp();
    const names = new Set<string>();
    let steps = 0;
    const seen =
      <A extends readonly [string, ...unknown[]], R>(action: (...values: A) => Promise<R>) =>
      (...values: A): Promise<R> => {
        steps += 1;
        names.add(values[0]);
        return action(...values);
      };
    const counted: Store = {
      ...store,
      get: seen(store.get),
      put: seen(store.put),
      putIfAbsent: seen(store.putIfAbsent),
      take: seen(store.take),
      delete: seen(store.delete),
    };
    const clients = registeredClients({ store: counted, clock, lifetimes });
    const costs = new Set<number>();
    for (let index = 0; index < 10_000; index += 1) {
      const id = `client_${index}`;
      steps = 0;
      names.clear();
      await clients.save(id, metadataOf(id));
      await clients.manageWith(id, `registration_token:${sha256(id)}`);
      costs.add(steps);
      expect([...names].every((name) => name.endsWith(`:${sha256(id)}`))).toBe(true);
    }
    expect([...costs]).toHaveLength(1);
    expect([...costs][0]).toBeLessThanOrEqual(8);
    const kept: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.scan(cursor, 5000);
      kept.push(...page.entries.map(({ name, value }) => name + value));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(kept).toHaveLength(10_000);
    expect(Math.max(...kept.map((record) => record.length))).toBeLessThan(700);
  });

  it('DS-10 leave no more behind than they may: unused ones are gone after a day', async () => {
    const { store, time, clients } = setUp();
    for (let index = 0; index < 2000; index += 1) await clients.save(`client_${index}`, metadataOf(`client_${index}`));
    time.now += DAY;
    expect((await store.scan(undefined, 5000)).entries).toEqual([]);
  });
});

describe('what an operator does with clients', () => {
  function operated() {
    const world = setUp();
    const ended = revocations(world);
    const machineClients = machines({ ...world, revocations: ended });
    const documented = async () => undefined;
    const records = clientRecords({ ...world, revocations: ended, machines: machineClients, documented });
    return { ...world, records, machineClients, ended, operator: operatorClients(records) };
  }

  it('removes a registered client, and ends what it was given up to then', async () => {
    const { records, operator, ended } = operated();
    await records.save('client_a', metadataOf('client_a'));
    expect([await operator.remove('client_a'), await operator.remove('client_a')]).toEqual([true, false]);
    expect(await records.find('client_a')).toBeUndefined();
    expect(await ended.isRevoked({ client_id: 'client_a', iat: start })).toBe(true);
    expect(await ended.isRevoked({ client_id: 'client_b', iat: start })).toBe(false);
  });

  it('JW-33 refuses what a client or a person was being given at the moment they were removed', async () => {
    const { records, operator, machineClients, ended, store, clock } = operated();
    await records.save('client_a', metadataOf('client_a'));
    await operator.remove('client_a');
    const { clientId } = await machineClients.add({ name: 'robot', scopes: [], secret: true });
    await machineClients.remove(clientId);
    const people = revokingAccounts(accounts({ store, clock }), ended);
    const { subject } = await people.add({ username: 'ada', password: 'the engine weaves' });
    await people.remove('ada');
    const later = start + 5;
    for (const claims of [{ client_id: 'client_a' }, { client_id: clientId }, { sub: subject }]) {
      expect(await ended.isRevoked({ ...claims, iat: later })).toBe(true);
    }
    await ended.client('client_c');
    expect(await ended.isRevoked({ client_id: 'client_c', iat: start })).toBe(true);
    expect(await ended.isRevoked({ client_id: 'client_c', iat: later })).toBe(false);
  });

  it('keeps a revocation for as long as anything it ends could be good, a session included', async () => {
    const lifetimes = { ...defaultLifetimes, refreshIdle: 60, refreshAbsolute: 60 };
    const { time, ...parts } = setUp(lifetimes);
    const ended = revocations({ ...parts, monotonic: () => time.now * 1000 });
    await ended.subject('user_a');
    time.now += lifetimes.session;
    expect(await ended.isRevoked({ sub: 'user_a', iat: start })).toBe(true);
  });

  it('leaves machines, and clients of metadata documents, to those who made them', async () => {
    const { operator, machineClients } = operated();
    const { clientId } = await machineClients.add({ name: 'robot', scopes: [], secret: true });
    for (const id of [clientId, 'https://client.example.com/client.json', 'client_none', '']) {
      expect(await operator.remove(id)).toBe(false);
    }
    expect(await machineClients.find(clientId)).toBeDefined();
  });

  it('shows a client without its secret', async () => {
    const { store, records } = operated();
    const metadata = { token_endpoint_auth_method: 'client_secret_post', client_secret: 'not to be told' } as const;
    await records.save('client_a', metadataOf('client_a', metadata));
    const summary = describeClient((await store.get(`client:${sha256('client_a')}`)) ?? '');
    expect(summary).toEqual({
      clientId: 'client_a',
      name: 'Test client',
      authMethod: 'client_secret_post',
      redirectUris: [CALLBACK],
      registeredAt: start,
      lastUsedAt: undefined,
      endsAt: start + DAY,
    });
    await records.renew('client_a');
    expect(describeClient((await store.get(`client:${sha256('client_a')}`)) ?? '').lastUsedAt).toBe(start);
  });
});
