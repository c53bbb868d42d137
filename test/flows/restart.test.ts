import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callTool } from '../support/plain-http.ts';
import { authorize, redeem, refresh, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let directory: string;

beforeEach(async () => {
  world = await startWorld();
  directory = world.directory;
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
  await rm(directory, { recursive: true, force: true });
});

/** Ends the host and starts another over the same folder, at the same address. */
async function restart(): Promise<void> {
  const { port } = new URL(world.url);
  await world.host.close();
  world = await startWorld({ directory, port: Number(port) });
}

const call = async (token: unknown, name: string, input: object = {}): Promise<number> =>
  (await callTool(`${world.url}/notes/mcp`, String(token), name, input)).status;

describe('a restart in the middle of a flow', () => {
  it('loses nothing, between any two steps', async () => {
    const authorized = await authorize(world.url, { scope: 'notes:read notes:write', beforeStep: restart });
    await restart();
    const first = await redeem(world.url, authorized);
    expect(first.status).toBe(200);
    await restart();
    expect(await call(first.body.access_token, 'add_note', { text: 'kept' })).toBe(200);
    const second = await refresh(world.url, authorized.client, String(first.body.refresh_token));
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token);
    await restart();
    expect(await call(second.body.access_token, 'list_notes')).toBe(200);
  });

  it('RF-11 remembers which refresh tokens were rotated, and ends the family of one that comes back', async () => {
    const { client, refresh: old } = await signIn(world.url);
    const rotated = await refresh(world.url, client, old);
    expect(await call(rotated.body.access_token, 'list_notes')).toBe(200);
    await restart();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (world.host.config.refreshGrace + 1) * 1000 });
    for (const token of [old, String(rotated.body.refresh_token)]) {
      expect(await refresh(world.url, client, token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await call(rotated.body.access_token, 'list_notes')).toBe(401);
  });
});
