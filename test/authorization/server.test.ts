import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLive, refresh, signIn } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

describe('the authorization server', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('takes a public client from registration to a token', async () => {
    const { tokens, client } = await signIn(world);
    expect(tokens.scope).toBe('notes:read');
    expect(await isLive(world, tokens.access_token)).toBe(true);
    const again = await refresh(world, client, tokens.refresh_token);
    expect(again.status).toBe(200);
  });

  it('serves a mount without scopes', async () => {
    const { tokens } = await signIn(world, { resource: world.bare, scope: undefined });
    expect(tokens.scope).toBeUndefined();
    expect(await isLive(world, tokens.access_token, world.bare)).toBe(true);
  });
});
