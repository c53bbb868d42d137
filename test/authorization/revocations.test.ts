import { expect, it } from 'vitest';
import { revocations } from '../../src/authorization/revocations.ts';
import { memoryStore } from '../../src/store/memory.ts';

it('RV-05 ends what a node gives that has just heard of no revocation, and nothing that is given after it', async () => {
  let now = 1000;
  const clock = () => now;
  const store = memoryStore({ clock });
  const here = revocations({ store, clock });
  const given = (iat: number) => ({ sub: 'alice', client_id: 'app', iat });
  expect(await here.isRevoked(given(now))).toBe(false);
  await here.subject('alice');
  now += 1;
  expect(await here.isRevoked(given(now))).toBe(true);
  now += 1;
  expect(await here.isRevoked(given(now))).toBe(false);
  await here.client('app');
  expect(await here.isRevoked(given(now + 1))).toBe(true);
  expect(await here.isRevoked(given(now + 2))).toBe(false);
});
