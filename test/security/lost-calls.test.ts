import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { faultyStore, type Loss } from '../support/faulty-store.ts';
import { assertedToken, assertionOf, type KeyMachine, keyMachine } from '../support/machine.ts';
import { callTool, type PlainAnswer, postForm } from '../support/plain-http.ts';
import { authorize, type Registered, redeem, refresh, registerClient, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const { store, failWhen } = faultyStore();
const LOSSES: readonly Loss[] = ['call', 'answer'];
const jar = createCookieJar();
let world: World;
let client: Registered;
let machine: KeyMachine;

beforeAll(async () => {
  world = await startWorld({ settings: { store } });
  client = await registerClient(world.url);
  machine = await keyMachine(world.host.authorization, ['notes:read']);
});
afterAll(() => world.close());

/** Does the same over and over, the n-th store call failing, until a round needs less than n calls. */
async function forEachCall(loss: Loss, round: (attempt: <T>(action: () => Promise<T>) => Promise<T>) => Promise<void>) {
  let reached = true;
  for (let nth = 1; reached; nth++) {
    await round(async (action) => {
      let calls = 0;
      failWhen(() => {
        calls += 1;
        return calls === nth ? loss : undefined;
      });
      try {
        return await action();
      } finally {
        reached = calls >= nth;
        failWhen();
      }
    });
    if (nth > 100) throw new Error('There is no end of store calls.');
  }
}

const expectServed = ({ status, headers }: PlainAnswer): void => {
  expect([200, 503]).toContain(status);
  if (status === 503)
    expect([Number(headers.get('retry-after')) > 0, headers.has('www-authenticate')]).toEqual([true, false]);
};

const isLive = async (token: unknown): Promise<boolean> =>
  (await callTool(`${world.url}/notes/mcp`, String(token), 'list_notes')).status === 200;

describe.each(LOSSES)('when the %s of one store call is lost', (loss) => {
  it('ST-10 RF-03 a refresh is 503 at worst, and asking again gives the one successor', async () => {
    await forEachCall(loss, async (attempt) => {
      const { refresh: token } = await signIn(world.url, { client, jar });
      const first = await attempt(() => refresh(world.url, client, token));
      expectServed(first);
      const second = await refresh(world.url, client, token);
      expect(second.status).toBe(200);
      if (first.status === 200) expect(second.body.refresh_token).toBe(first.body.refresh_token);
      expect((await refresh(world.url, client, String(second.body.refresh_token))).status).toBe(200);
    });
  });

  it('ST-10 TK-06 a code is 503 at worst, and gives one family of tokens at most', async () => {
    await forEachCall(loss, async (attempt) => {
      const authorized = await authorize(world.url, { client, jar });
      const first = await attempt(() => redeem(world.url, authorized));
      expectServed(first);
      const second = await redeem(world.url, authorized);
      if (first.status === 200) {
        expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
        expect(await isLive(first.body.access_token)).toBe(false);
      } else if (loss === 'call' || second.status === 200) {
        expect([second.status, await isLive(second.body.access_token)]).toEqual([200, true]);
      } else {
        expect(second.body.error).toBe('invalid_grant');
      }
    });
  });

  it('RV-06 a revocation is 503 unless it was done, and can be asked for again', async () => {
    await forEachCall(loss, async (attempt) => {
      const { access, refresh: token } = await signIn(world.url, { client, jar });
      const revoke = () => postForm(`${world.url}/revoke`, { token, client_id: client.client_id });
      const first = await attempt(revoke);
      expectServed(first);
      if (first.status === 503) expect((await revoke()).status).toBe(200);
      expect(await isLive(access)).toBe(false);
      expect((await refresh(world.url, client, token)).body.error).toBe('invalid_grant');
    });
  });

  it('CC-09 ST-10 an assertion is 503 at worst, and never good twice', async () => {
    await forEachCall(loss, async (attempt) => {
      const assertion = await assertionOf(machine, world.url);
      const first = await attempt(() => assertedToken(world.url, assertion));
      expectServed(first);
      const again = [await assertedToken(world.url, assertion), await assertedToken(world.url, assertion)];
      const good = [first, ...again].filter(({ status }) => status === 200);
      expect(good.length).toBeLessThanOrEqual(1);
      expect(again[1]?.body.error).toBe('invalid_client');
    });
  });

  it('JW-33 ST-10 a call is 503 at worst, and never 401', async () => {
    await forEachCall(loss, async (attempt) => {
      const { access } = await signIn(world.url, { client, jar });
      expectServed(await attempt(() => callTool(`${world.url}/notes/mcp`, access, 'list_notes')));
      expect(await isLive(access)).toBe(true);
    });
  });
});
