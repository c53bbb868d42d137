import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeMount } from '../../../scripts/checks/smoke/probe-mount.ts';

interface Answer {
  readonly status?: number;
  readonly challenge?: string;
  readonly body?: object;
}

/** Serves what a mount at /notes must, with some answers replaced. */
async function serve(replaced: (origin: string) => Readonly<Record<string, Answer>> = () => ({})): Promise<string> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const wellKnown = '/.well-known/oauth-protected-resource/notes/mcp';
  const answers: Readonly<Record<string, Answer>> = {
    '/notes/mcp': { status: 401, challenge: `Bearer resource_metadata="${origin}${wellKnown}", scope="notes:read"` },
    [wellKnown]: { body: { resource: `${origin}/notes/mcp`, authorization_servers: [origin] } },
    '/.well-known/oauth-authorization-server': {
      body: {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/jwks`,
      },
    },
    '/jwks': { body: { keys: [{ kty: 'EC' }] } },
    ...replaced(origin),
  };
  server.on('request', (request, response) => {
    const { status = 200, challenge, body = {} } = answers[request.url ?? ''] ?? { status: 404 };
    if (challenge !== undefined) response.setHeader('www-authenticate', challenge);
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' })
      .end(JSON.stringify(body));
  });
  return origin;
}

describe('probeMount', () => {
  it('accepts a mount that challenges and publishes its metadata', async () => {
    await expect(probeMount(await serve(), '/notes')).resolves.toBeUndefined();
  });

  const metadata = (origin: string): string => `${origin}/.well-known/oauth-protected-resource/notes/mcp`;
  it.each<[string, (origin: string) => Readonly<Record<string, Answer>>, string]>([
    ['an open mount', () => ({ '/notes/mcp': { status: 200 } }), 'without a token answers 200'],
    ['a 401 without a challenge', () => ({ '/notes/mcp': { status: 401 } }), 'challenges with: '],
    [
      'an error code where nothing was sent',
      (origin) => ({
        '/notes/mcp': {
          status: 401,
          challenge: `Bearer error="invalid_token", resource_metadata="${metadata(origin)}"`,
        },
      }),
      'no error code when no token was sent',
    ],
    [
      'a challenge that leads elsewhere',
      (origin) => ({ '/notes/mcp': { status: 401, challenge: `Bearer resource_metadata="${origin}/x"` } }),
      'RFC 9728: resource_metadata',
    ],
    [
      'a document about another resource',
      (origin) => ({ '/.well-known/oauth-protected-resource/notes/mcp': { body: { resource: origin } } }),
      'RFC 9728: the document describes the mount',
    ],
    [
      'missing authorization server metadata',
      () => ({ '/.well-known/oauth-authorization-server': { status: 404 } }),
      '/.well-known/oauth-authorization-server answers 404',
    ],
    ['no signing keys', () => ({ '/jwks': { body: { keys: [] } } }), 'at least one signing key'],
  ])('refuses %s', async (_what, replaced, message) => {
    await expect(probeMount(await serve(replaced), '/notes')).rejects.toThrow(message);
  });
});
