import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, postForm } from '../support/plain-http.ts';
import { authorizeUrl, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** What was logged under this number. */
const loggedAs = (id: string | null | undefined) =>
  world.logged.map((line) => JSON.parse(line)).filter(({ request }) => request === id);

describe('the number of a refused request', () => {
  it.each([
    ['an app that is not known', (url: URL) => url.searchParams.set('client_id', 'nobody')],
    [
      'an address that the app has not registered',
      (url: URL) => url.searchParams.set('redirect_uri', 'https://e.test/'),
    ],
  ])('is on the page and in the log: %s', async (_, change) => {
    const url = new URL(authorizeUrl(world.url, await registerClient(world.url)));
    change(url);
    const page = await ask(url, { headers: { accept: 'text/html' } });
    const id = page.headers.get('x-request-id');
    expect(page.text).toContain(id);
    expect(loggedAs(id)).toContainEqual(expect.objectContaining({ event: 'authorization_page_refused' }));
  });

  it('is in the log where the app is told, and where it asks for a token in vain', async () => {
    const client = await registerClient(world.url);
    const url = new URL(authorizeUrl(world.url, client));
    url.searchParams.set('code_challenge_method', 'plain');
    const told = await ask(url, { headers: { accept: 'text/html' } });
    expect(told.status).toBe(303);
    expect(loggedAs(told.headers.get('x-request-id'))).toContainEqual(
      expect.objectContaining({ event: 'authorization_refused' }),
    );
    const fields = { grant_type: 'refresh_token', refresh_token: 'nobody’s', client_id: client.client_id };
    const refused = await postForm(`${world.url}/token`, fields);
    expect(refused.status).toBe(400);
    expect(loggedAs(refused.headers.get('x-request-id'))).toContainEqual(
      expect.objectContaining({ event: 'token_refused' }),
    );
  });
});
