import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { callTool } from '../support/plain-http.ts';
import { type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';
import { dice } from './fuzz/mutate.ts';

let world: World;
let people: readonly SignedIn[];

beforeAll(async () => {
  const server = defineServer({
    name: 'notes',
    version: '1.0.0',
    scopes: { 'notes:read': 'Read' },
    defaultScopes: ['notes:read'],
  });
  server.tool('who', { description: 'Tells who calls', scopes: ['notes:read'] }, async (_, { principal }) => {
    await new Promise((resolve) => setImmediate(resolve));
    return principal.subject;
  });
  world = await startWorld({ mount: (host) => host.mount('/notes', server) });
  people = [await signIn(world.url), await signIn(world.url, { username: 'grace' })];
});
afterAll(() => world.close());

it('ST-16 MC-27 of 600 calls by two people, half of them given up, each answer is its caller’s own', async () => {
  const endpoint = `${world.url}/notes/mcp`;
  const subjects = await Promise.all(
    people.map(async ({ access }) => textOf((await callTool(endpoint, access, 'who')).text)),
  );
  expect(new Set(subjects).size).toBe(2);
  const roll = dice(7);
  const one = async (index: number): Promise<boolean> => {
    const giveUp = new AbortController();
    const person = index % 2;
    const answer = fetch(endpoint, {
      method: 'POST',
      signal: giveUp.signal,
      headers: {
        authorization: `Bearer ${people[person]?.access}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'who', arguments: {} } }),
    }).then((response) => response.text());
    if (roll(2) === 0) {
      for (let turns = roll(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      giveUp.abort();
    }
    const text = await answer.catch((error: Error) => error.name);
    if (text === 'AbortError') return false;
    expect(textOf(text)).toBe(subjects[person]);
    return true;
  };
  let answered = 0;
  for (let batch = 0; batch < 20; batch++) {
    const done = await Promise.all(Array.from({ length: 30 }, (_, index) => one(index)));
    answered += done.filter(Boolean).length;
  }
  expect(answered).toBeGreaterThan(200);
  expect(answered).toBeLessThan(600);
  expect(world.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
});

const textOf = (body: string): unknown => JSON.parse(body).result?.content?.[0]?.text;
