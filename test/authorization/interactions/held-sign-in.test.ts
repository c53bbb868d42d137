import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { refresh, signIn } from '../../support/signed-in.ts';
import { startWorld as startHost } from '../../support/world.ts';
import { browser } from '../support/browser.ts';
import { authorizeUrl, register } from '../support/client.ts';
import { PASSWORD, startWorld } from '../support/world.ts';

/** Behind the clock of the library that makes sessions, which would take a sign-in for as new as its last step. */
function lateClock() {
  let late = 100;
  const advance = (seconds: number) => {
    late -= seconds;
  };
  return { clock: () => systemClock() - late, advance };
}

describe('a sign-in that was answered, and whose browser comes back later', () => {
  it.each(['changed', 'as it was'] as const)('is over where the password is %s, not otherwise', async (password) => {
    const { clock, advance } = lateClock();
    const world = await startWorld({ clock });
    onTestFinished(() => world.close());
    const as = browser(world.at);
    const page = await as.open(authorizeUrl(world, await register(world)));
    const held = await as.submit(page, [
      ['username', 'alice'],
      ['password', PASSWORD],
    ]);
    expect(held.status).toBe(303);
    advance(10);
    if (password === 'changed') await world.authorization.accounts.setPassword('alice', 'a whole new password');
    advance(10);
    const landing = await as.follow(held);
    expect(landing.html.includes('name="decision"')).toBe(password !== 'changed');
    expect(landing.location ?? 'a page').toMatch(password === 'changed' ? /error=access_denied/ : /a page/);
  });

  it.each(['/authorize/', '/signed-in'])('elsewhere is over where the person is, held at %s', async (place) => {
    const fake = await fakeUpstream();
    onTestFinished(() => fake.close());
    const { clock, advance } = lateClock();
    const world = await startHost({ settings: { auth: exampleProvider(fake), clock } });
    onTestFinished(() => world.close());
    await signIn(world.url);
    let held = 0;
    const holding: typeof fetch = async (input, init) => {
      const url = new URL(String(input));
      if (
        url.origin === world.url &&
        (url.pathname.startsWith(place) || url.pathname.endsWith(place)) &&
        held++ === 0
      ) {
        advance(10);
        await world.host.authorization.revocations.subject('example:person-1');
        advance(10);
      }
      return fetch(input, init);
    };
    await expect(signIn(world.url, { fetch: holding })).rejects.toThrow('The code was answered 400');
    expect(held).toBeGreaterThan(0);
    const after = await signIn(world.url);
    expect((await refresh(world.url, after.client, after.refresh)).status).toBe(200);
  });
});
