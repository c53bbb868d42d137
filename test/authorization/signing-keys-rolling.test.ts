import { createServer, type Server } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { signingKeyManagement } from '../../src/authorization/rotate-signing-keys.ts';
import { systemClock } from '../../src/core/clock.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { retireKey } from '../../src/store/canary.ts';
import { type KeyRing, keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { reseal } from '../../src/store/reseal.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { browser } from './support/browser.ts';
import { authorizeUrl, codeFor, isLive, redeem, refresh, register } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()];
const rings = {
  old: keyRing([oldKey]),
  learning: keyRing([oldKey, newKey]),
  sealing: keyRing([newKey, oldKey]),
  alone: keyRing([newKey]),
};
const LEAD = 600;

afterEach(() => {
  vi.useRealTimers();
});

const listening = async (): Promise<Server> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

it('F22 two nodes change signing and sealing keys, restarted one by one, and nobody notices', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  const inner = memoryStore();
  const servers = [await listening(), await listening()] as const;
  const start = async (index: 0 | 1, ring: KeyRing, twinOf?: World) =>
    startWorld({
      server: servers[index],
      store: await sealedStore(inner, ring, { log: silentLog }),
      ...(twinOf && { twinOf }),
    });
  const first = await start(0, rings.old);
  const nodes: [World, World] = [first, await start(1, rings.old, first)];
  const restart = async (index: 0 | 1, ring: KeyRing) => {
    nodes[index] = await start(index, ring, first);
    await everythingHolds();
  };

  const as = browser(first.at);
  const client = await register(first);
  const issued: unknown[] = [];
  let token: unknown;
  const signIn = async () => {
    const { status, body } = await redeem(nodes[1], client, await codeFor(nodes[0], client, {}, { as }));
    expect(status).toBe(200);
    issued.push(body.access_token);
    token = body.refresh_token;
  };
  /** Every token is good at every node, a family goes on over both, and the browser is still signed in. */
  const everythingHolds = async () => {
    for (const node of nodes) {
      const { status, body } = await refresh(node, client, token);
      expect(status).toBe(200);
      issued.push(body.access_token);
      token = body.refresh_token;
    }
    for (const node of nodes) {
      for (const access of issued) expect(await isLive(node, access)).toBe(true);
    }
    expect((await as.open(authorizeUrl(nodes[0], client))).html).toContain('name="decision"');
  };

  await signIn();
  await everythingHolds();
  await signingKeyManagement({ store: nodes[1].store, clock: systemClock }).rotate(LEAD);
  await restart(0, rings.learning);
  await restart(1, rings.learning);
  await signIn();
  vi.advanceTimersByTime(LEAD * 1000);
  await restart(1, rings.sealing);
  await signIn();
  await restart(0, rings.sealing);
  expect(await reseal(inner, rings.sealing, { batch: 7 })).toMatchObject({ changed: 0, unreadable: 0 });
  await everythingHolds();
  await retireKey(inner, rings.sealing, rings.old.sealingId, systemClock);
  await restart(0, rings.alone);
  await signIn();
  await restart(1, rings.alone);
  await everythingHolds();
  for (const node of nodes) await node.authorization.close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
