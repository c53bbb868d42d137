import { rm } from 'node:fs/promises';
import { afterAll, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { callTool, postForm } from '../support/plain-http.ts';
import { signIn } from '../support/signed-in.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

let world: World;

afterAll(async () => {
  await world.close();
  await rm(world.directory, { recursive: true, force: true });
});

it('XM-12 a mount that moved or went away takes no token from before, and its refresh tokens give none', async () => {
  const start = (path: string, from: Partial<WorldOptions> = {}) =>
    startWorld({ ...from, mount: (host) => host.mount(path, echo()).mount('/stays', echo()) });
  world = await start('/old');
  const { port } = new URL(world.url);
  const [moved, stays] = [await signIn(world.url, { mount: '/old' }), await signIn(world.url, { mount: '/stays' })];
  await world.host.close();
  world = await start('/new', { port: Number(port), directory: world.directory });
  const call = async (path: string, token: string) =>
    (await callTool(`${world.url}${path}`, token, 'echo', { text: 'x' })).status;
  expect([await call('/old/mcp', moved.access), await call('/new/mcp', moved.access)]).toEqual([404, 401]);
  expect(await call('/stays/mcp', stays.access)).toBe(200);
  const fields = { grant_type: 'refresh_token', client_id: moved.client.client_id, refresh_token: moved.refresh };
  const refreshed = await postForm(`${world.url}/token`, fields);
  expect([refreshed.status, refreshed.body.error]).toEqual([400, 'invalid_target']);
});
