import { createServer, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { metadataDocuments } from '../../src/authorization/server-metadata.ts';
import { browser } from './support/browser.ts';
import { authorize, authorizeUrl, codeFor, isLive, redeem, register } from './support/client.ts';
import { resourcesAt, startWorld, type World } from './support/world.ts';

/** A request whose headers and request line claim another host. */
function forged(world: World, path: string): Promise<{ readonly status: number; readonly all: string }> {
  const { hostname, port } = new URL(world.at);
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example;proto=https',
  };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, all: `${JSON.stringify(response.headers)} ${body}` }),
      );
    });
    sent.on('error', reject).end();
  });
}

describe('the public URL', () => {
  it('MD derives no URL, cookie or page from a header or from the request line', async () => {
    const world = await startWorld();
    const client = await register(world);
    const url = new URL(authorizeUrl(world, client));
    for (const path of [`${url.pathname}${url.search}`, `http://evil.example${url.pathname}${url.search}`]) {
      const answer = await forged(world, path);
      expect(answer.status).toBe(303);
      expect(answer.all).not.toContain('evil.example');
      expect(answer.all).not.toContain('secure');
    }
    for (const path of [...world.authorization.documents.keys(), '/jwks', '/authorize']) {
      expect((await forged(world, path)).all).not.toContain('evil.example');
    }
    await world.close();
  });

  it('works below a path, with cookies that stay there', async () => {
    const world = await startWorld({ path: '/auth' });
    expect(world.authorization.issuer).toMatch(/\/auth$/);
    const client = await register(world);
    expect(client.registration_client_uri).toBe(`${world.issuer}/register/${client.client_id}`);
    const as = browser(world.at);
    const sent = await authorize(world, client, {}, { as });
    expect(sent.get('iss')).toBe(world.issuer);
    // But for the one that says which browser it is: with https its name takes no other path, so that nobody can plant it.
    const elsewhere = [...as.jar].filter(([, { path }]) => !path.startsWith('/auth'));
    expect(elsewhere.map(([key]) => key)).toEqual(['/ gatehouse_browser']);
    const answer = await redeem(world, client, sent.get('code') ?? '');
    expect(await isLive(world, answer.body.access_token)).toBe(true);
    await world.close();
  });

  it('sets cookies that hold to the origin where it is https', async () => {
    const world = await startWorld({ publicUrl: new URL('https://mcp.example') });
    const client = await register(world);
    const response = await fetch(authorizeUrl(world, client), { redirect: 'manual' });
    expect(response.headers.get('location')).toMatch(/^\/interaction\//);
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/^__Secure-gatehouse_.*; secure; httponly/i);
    await world.close();
  });

  it('knows its own paths and passes on every other', async () => {
    const world = await startWorld({ path: '/auth' });
    const { authorization, at } = world;
    for (const path of ['/token', '/authorize/x', '/register/x', '/sign-out', '/interaction/x/consent', '/jwks']) {
      expect([path, authorization.owns(`/auth${path}`)]).toEqual([path, true]);
    }
    for (const path of [
      '/token',
      '/auth',
      '/auth/x',
      '/auth/TOKEN',
      '/auth/token/',
      '/auth/session/end',
      '/auth/end-session/confirm',
    ]) {
      expect([path, authorization.owns(path)]).toEqual([path, false]);
    }
    for (const path of [
      '/nothing',
      '/TOKEN',
      '/token/',
      '/session/end',
      '/end-session/confirm',
      '/.well-known/other',
    ]) {
      const response = await fetch(`${at}${path}`);
      expect([path, await response.json()]).toEqual([path, { error: 'nobody_answered' }]);
    }
    await world.close();
  });

  it('publishes the keys that verify, and nothing of their private halves', async () => {
    const world = await startWorld();
    const response = await fetch(`${world.at}/jwks`, { headers: { origin: 'https://app.example' } });
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    await world.close();
  });

  it('lets an earlier body parser of the same app read the form', async () => {
    const world = await startWorld();
    const { default: express } = await import('express');
    const app = express();
    app.use(express.urlencoded({ extended: false }), express.json(), world.authorization.router);
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const client = await register({ ...world, at });
    const code = await codeFor(world, client);
    expect((await redeem({ ...world, at }, client, code, { resource: world.math })).body.error).toBe('invalid_target');
    expect((await redeem({ ...world, at }, client, code)).status).toBe(200);
    await new Promise((resolve) => server.close(resolve));
    await world.close();
  });
});

describe('the metadata documents', () => {
  const resources = resourcesAt('https://mcp.example');
  const ways = { registration: true, documents: true };

  it('stand at the spellings that are right for an issuer with and without a path', () => {
    expect([...metadataDocuments('https://mcp.example', resources, ways).keys()]).toEqual([
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
    ]);
    expect([...metadataDocuments('https://mcp.example/a/b', resources, ways).keys()].sort()).toEqual([
      '/.well-known/oauth-authorization-server/a/b',
      '/.well-known/openid-configuration/a/b',
      '/a/b/.well-known/oauth-authorization-server',
      '/a/b/.well-known/openid-configuration',
    ]);
  });

  it('say what is supported and nothing else', () => {
    const document = metadataDocuments('https://mcp.example/a', resources, ways).get(
      '/.well-known/oauth-authorization-server/a',
    );
    expect(document).toMatchObject({
      issuer: 'https://mcp.example/a',
      authorization_endpoint: 'https://mcp.example/a/authorize',
      scopes_supported: ['notes:read', 'notes:write', 'notes:admin', 'math:use'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
    expect(document).not.toHaveProperty('userinfo_endpoint');
    expect(document).not.toHaveProperty('subject_types_supported');
  });
});
