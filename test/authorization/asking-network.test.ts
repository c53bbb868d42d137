import { describe, expect, it } from 'vitest';
import { sharedFetch } from '../../src/authorization/asking-network.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type FetchAnswer, FetchFailed, type SafeFetch } from '../../src/core/safe-fetch.ts';
import { authorizeUrl, register } from './support/client.ts';
import { startWorld } from './support/world.ts';

describe('the way out to URLs that clients name', () => {
  it('CI-16 has eight places for each network: one whose hosts stall leaves room for the others', async () => {
    const ends: (() => void)[] = [];
    const answer: FetchAnswer = { status: 200, headers: new Headers(), body: Buffer.from('') };
    const stalling: SafeFetch = () => new Promise((resolve) => ends.push(() => resolve(answer)));
    let network: string | undefined = 'here';
    const fetch = sharedFetch(stalling, () => network);
    const waiting = Array.from({ length: 8 }, (_, host) => fetch(`https://h${host}.test/`));
    const refusal = await fetch('https://h9.test/').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FetchFailed);
    expect(refusal).toMatchObject({ fault: 'busy' });
    network = 'there';
    waiting.push(fetch('https://h9.test/'));
    network = 'here';
    ends[0]?.();
    await waiting[0];
    waiting.push(fetch('https://h9.test/'));
    expect(ends).toHaveLength(10);
    for (const end of ends) end();
    expect(await Promise.all(waiting)).toHaveLength(10);
  });

  it('CI-16 is asked for in the name of the network that the request came from', async () => {
    const asked: string[] = [];
    const broken: SafeFetch = async (url) => {
      asked.push(url);
      throw new FetchFailed('connection_failed', 'There is nobody.');
    };
    const now = systemClock();
    const world = await startWorld({ fetch: broken, clock: () => now });
    const ask = (path: string) =>
      fetch(authorizeUrl(world, { client_id: `https://client.test/${path}` }), { redirect: 'manual' });
    const first = await Promise.all(Array.from({ length: 100 }, (_, path) => ask(`${path}`)));
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([503]));
    const refused = await ask('more');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(asked).toHaveLength(100);
    expect((await fetch(authorizeUrl(world, await register(world)), { redirect: 'manual' })).status).toBe(303);
    await world.close();
  });
});
