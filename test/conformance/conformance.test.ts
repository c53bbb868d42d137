import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discover, register } from '../flows/real-clients/strict-client.ts';
import { freePort } from '../support/free-port.ts';
import { createPerson } from '../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';
import { everything } from './everything.ts';
import { conformanceSuite, type Suite } from './suite.ts';

// Every style of mount in both revisions: `npm run test:conformance`.
describe('the official conformance suite', { timeout: 60_000 }, () => {
  let world: World;
  let suite: Suite;
  let resource: URL;
  beforeAll(async () => {
    world = await startWorld({ mount: (host) => void host.mount('/everything', everything()) });
    resource = new URL(`${world.url}/everything/mcp`);
    suite = await conformanceSuite();
  });
  afterAll(async () => {
    await suite.close();
    await world.close();
  });

  it.each([
    ['no resource', []],
    ['a resource', ['--resource']],
  ])('finds our authorization server conforming, asked for %s', async (_, flags) => {
    const port = await freePort();
    const as = await discover(resource);
    const { client_id } = await register(as, { redirect_uris: [`http://127.0.0.1:${port}/callback`] });
    const more = flags.flatMap((flag) => [flag, resource.href]);
    const words = ['--url', resource.origin, '--client-id', client_id, '-p', `${port}`, ...more];
    const child = suite.start(['authorization', ...words]);
    const [url] = await child.next(/http:\S+\/authorize\?\S+/);
    await createPerson('ada', PASSWORDS.ada).open(url);
    expect(await child.exit, child.output.stdout).toBe(0);
    expect(child.output.stdout).not.toContain('WARNING');
  });

  it('finds a protected mount conforming to 2026-07-28', async () => {
    const child = await suite.requires('2026-07-28', resource, []);
    expect(await child.exit, child.output.stdout).toBe(0);
  });
});
