import { expect, it, onTestFinished } from 'vitest';
import { browser } from './support/browser.ts';
import { authorizeUrl, register } from './support/client.ts';
import { PASSWORD, startWorld } from './support/world.ts';

it.each(['', '/gate'])('CO-11 a session that a sibling host plants signs nobody in, at the path "%s"', async (path) => {
  const world = await startWorld({ publicUrl: new URL(`https://mcp.example${path}`), path });
  onTestFinished(() => world.close());
  const url = authorizeUrl(world, await register(world));
  const thief = browser(world.at);
  const page = await thief.open(url);
  const form = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
  const answered = await thief.send(`${new URL(page.url).pathname}/sign-in`, {
    method: 'POST',
    headers: { origin: 'https://mcp.example', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ form, username: 'bob', password: PASSWORD }),
  });
  await thief.follow(answered);
  expect((await thief.open(url)).html).toContain('name="decision"');

  const sessions = [...thief.jar].filter(([key]) => key.includes('gatehouse_session'));
  expect(sessions.length).toBeGreaterThan(0);
  const victim = browser(world.at);
  // A browser takes this prefix from the host itself alone, and for its whole origin (RFC 6265bis §4.1.3.2).
  for (const [key, cookie] of sessions) if (!key.startsWith('/ __Host-')) victim.jar.set(key, cookie);
  const shown = await victim.open(url);
  expect([shown.html.includes('name="password"'), shown.html.includes('name="decision"')]).toEqual([true, false]);
});
