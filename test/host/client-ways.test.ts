import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, postJson } from '../support/plain-http.ts';
import { authorizeUrl, CALLBACK, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
afterEach(async () => {
  await world.close();
  await rm(world.directory, { recursive: true, force: true });
});

const metadata = async () => (await ask(`${world.url}/.well-known/oauth-authorization-server`)).body;
const register = () => postJson(`${world.url}/register`, { redirect_uris: [CALLBACK] });

describe('the ways in which clients become known', () => {
  it('are both open by default, and advertised', async () => {
    world = await startWorld();
    expect(await metadata()).toMatchObject({
      registration_endpoint: `${world.url}/register`,
      client_id_metadata_document_supported: true,
    });
    expect((await register()).status).toBe(201);
  });

  it('REGISTRATION=off closes registration, says so, and keeps the clients that there are', async () => {
    world = await startWorld();
    const known = await registerClient(world.url);
    const { port } = new URL(world.url);
    await world.host.close();
    world = await startWorld({
      settings: { registration: 'off' },
      directory: world.directory,
      port: Number(port),
    });
    expect(await metadata()).not.toHaveProperty('registration_endpoint');
    expect((await register()).status).toBe(404);
    const answer = await ask(authorizeUrl(world.url, known));
    expect(answer.headers.get('location')).toMatch(/\/interaction\//);
  });

  it('REGISTRATION=stateless hands out ids that hold the metadata, good after a restart without the store', async () => {
    world = await startWorld({ settings: { registration: 'stateless' } });
    expect(await metadata()).toMatchObject({ registration_endpoint: `${world.url}/register` });
    const client = await registerClient(world.url);
    expect(client.client_id).toMatch(/^c1\./);
    const { port } = new URL(world.url);
    await world.host.close();
    await rm(join(world.directory, 'state.db'));
    world = await startWorld({
      settings: { registration: 'stateless' },
      directory: world.directory,
      port: Number(port),
    });
    expect((await ask(authorizeUrl(world.url, client))).headers.get('location')).toMatch(/\/interaction\//);
  });

  it('CI-21 CLIENT_METADATA_DOCUMENTS=off makes a URL an unknown client, and says so', async () => {
    world = await startWorld({ settings: { metadataDocuments: 'off' } });
    expect(await metadata()).toMatchObject({ client_id_metadata_document_supported: false });
    const answer = await ask(authorizeUrl(world.url, { client_id: 'https://client.example.com/client.json' }));
    expect(answer.status).toBe(400);
    expect(answer.headers.has('location')).toBe(false);
  });
});
