import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { CallContext } from '../../../src/mcp/context.ts';
import type { Connection } from '../../../src/mcp/foreign/connection.ts';
import { connections } from '../../../src/mcp/foreign/connections.ts';
import { keptConnection } from '../../../src/mcp/foreign/kept-connection.ts';

/** A server that can be away, and the connections that were made to it. */
function server() {
  const open = new Set<Connection>();
  let tries = 0;
  let forget = (): void => undefined;
  const state = { now: 1000, away: false };
  const connect = async (): Promise<Connection> => {
    tries += 1;
    if (state.away) throw new Unavailable('foreign_unreachable');
    const { promise: closed, resolve } = Promise.withResolvers<'ended' | 'forgotten'>();
    forget = () => resolve('forgotten');
    const connection = {
      closed,
      async close() {
        open.delete(connection);
        resolve('ended');
      },
    } as Connection;
    open.add(connection);
    return connection;
  };
  return { state, open, connect, tries: () => tries, forget: () => forget(), clock: () => state.now };
}

const nobody = {} as CallContext;
const of = (owner: string, person = owner) => ({ owner, person });

describe('connections of principals', () => {
  const pool = (far: ReturnType<typeof server>, rules = { idle: 300, perPerson: 2, most: 2 }) =>
    connections({ ...far, log: silentLog, perPrincipal: rules, onLost: () => undefined });

  it('are one each, made once, and closed when nobody has used them for a while', async () => {
    const far = server();
    const all = pool(far);
    const use = (owner: string) => all.use(of(owner), nobody, async (connection) => connection);
    const [first, same, other] = await Promise.all([use('ada'), use('ada'), use('bob')]);
    expect([first === same, first === other]).toEqual([true, false]);
    far.state.now += 299;
    expect(await use('bob')).toBe(other);
    far.state.now += 1;
    await use('eve');
    await expect.poll(() => far.open.has(first)).toBe(false);
    expect(far.open.has(other)).toBe(true);
    await all.close();
    expect(far.open.size).toBe(0);
  });

  it('are bounded: one more closes the one that was unused longest, and none that is in use', async () => {
    const far = server();
    const all = pool(far);
    const { promise, resolve } = Promise.withResolvers<void>();
    const busy = all.use(of('ada'), nobody, () => promise);
    far.state.now += 1;
    const idle = await all.use(of('bob'), nobody, async (connection) => connection);
    await all.use(of('eve'), nobody, async () => undefined);
    await expect.poll(() => far.open.has(idle)).toBe(false);
    const alsoBusy = all.use(of('eve'), nobody, () => promise);
    const refused = all.use(of('bob'), nobody, async () => undefined);
    await expect(refused).rejects.toMatchObject({ status: 503, reason: 'foreign_connections_all_in_use' });
    resolve();
    await Promise.all([busy, alsoBusy]);
    await all.use(of('bob'), nobody, async () => undefined);
    await all.close();
  });

  it('are bounded for each person in all apps together: nobody takes the places of others', async () => {
    const far = server();
    const all = pool(far, { idle: 300, perPerson: 2, most: 4 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = await all.use(of('bob'), nobody, async (connection) => connection);
    const use = (app: string) => all.use(of(`ada ${app}`, 'ada'), nobody, () => promise);
    const busy = ['a', 'b'].map(use);
    await expect(use('c')).rejects.toMatchObject({ status: 429, reason: 'limited_connections' });
    expect(await all.use(of('bob'), nobody, async (connection) => connection)).toBe(others);
    resolve();
    await Promise.all(busy);
    await use('c');
    await expect.poll(() => far.open.size).toBe(3);
    expect(far.open.has(others)).toBe(true);
    await all.close();
  });
});

describe('a connection that is kept', () => {
  it('is tried again after 0, 1, 2, 4 … 60 seconds, and in between the answer is at once', async () => {
    const far = server();
    far.state.away = true;
    const kept = keptConnection({ ...far, log: silentLog, onLost: () => undefined });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const before = far.state.now;
      while (far.tries() === attempt) {
        await kept.get().catch(() => undefined);
        if (far.tries() === attempt) far.state.now += 1;
      }
      waits.push(far.state.now - before);
    }
    expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60]);
    await expect(kept.get()).rejects.toMatchObject({ retryAfter: 60 });
    far.state.away = false;
    far.state.now += 60;
    const connection = await kept.get();
    expect(await kept.get()).toBe(connection);
  });

  it('is made anew when it was lost; one that is lost at once, over and over, is not hurried', async () => {
    const far = server();
    const lost: number[] = [];
    const kept = keptConnection({ ...far, log: silentLog, onLost: () => void lost.push(far.state.now) });
    const lose = async () => {
      const connection = await kept.get();
      await connection.close();
      await connection.closed;
    };
    far.state.now += 100;
    await lose();
    await lose();
    await expect(kept.get()).rejects.toMatchObject({ status: 503 });
    expect(lost).toHaveLength(2);
    far.state.now += 1;
    const connection = await kept.get();
    far.state.now += 10;
    await connection.close();
    expect(await kept.get()).not.toBe(connection);
    await kept.close();
    await expect(kept.get()).rejects.toMatchObject({ reason: 'foreign_server_closed' });
  });

  it('is made anew at once where the server has forgotten it, however often: that is no failure', async () => {
    const far = server();
    let lost = 0;
    const onLost = () => {
      lost += 1;
    };
    const kept = keptConnection({ ...far, log: silentLog, onLost });
    const seen = new Set<Connection>();
    for (let n = 0; n < 4; n += 1) {
      const connection = await kept.get();
      seen.add(connection);
      far.forget();
      await connection.closed;
    }
    expect([seen.size, lost]).toEqual([4, 4]);
    await kept.close();
  });
});
