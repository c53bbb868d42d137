import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../src/core/secrets.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { authorize, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ settings: { consent: 'remember' } });
});
afterAll(() => world.close());

it('AZ-22 no two codes are alike, none is short of 128 bits, and no file holds one or its whole hash in clear', async () => {
  const jar = createCookieJar();
  const client = await registerClient(world.url);
  const codes: string[] = [];
  for (let count = 0; count < 12; count++) codes.push((await authorize(world.url, { client, jar })).code);
  expect(new Set(codes).size).toBe(12);
  for (const code of codes) expect(Buffer.from(code, 'base64url').length).toBeGreaterThanOrEqual(16);
  expect(spread(codes)).toBeGreaterThan(5.5);
  const names = await readdir(world.directory);
  const files = await Promise.all(
    names.map(async (name) => (await readFile(join(world.directory, name))).toString('latin1')),
  );
  for (const code of codes) {
    expect(
      files.some((text) => text.includes(code) || text.includes(code.slice(0, 20)) || text.includes(sha256(code))),
    ).toBe(false);
  }
});

/** Shannon's entropy of the characters, in bits each; 6 is all that base64url can hold. */
function spread(texts: readonly string[]): number {
  const all = texts.join('');
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / all.length) * Math.log2(count / all.length), 0);
}
