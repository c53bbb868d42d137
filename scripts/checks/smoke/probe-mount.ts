import assert from 'node:assert/strict';

type Document = Readonly<Record<string, unknown>>;

/** Holds a mount to what every client starts with: a challenge without a token, and the metadata that it leads to. */
export async function probeMount(origin: string, mount: string): Promise<void> {
  const resource = `${origin}${mount}/mcp`;
  const challenge = await readChallenge(resource);
  const metadataUrl = /resource_metadata="([^"]+)"/.exec(challenge)?.[1];
  assert.equal(
    metadataUrl,
    `${origin}/.well-known/oauth-protected-resource${mount}/mcp`,
    'RFC 9728: resource_metadata',
  );
  const protectedResource = await readDocument(metadataUrl);
  assert.equal(protectedResource.resource, resource, 'RFC 9728: the document describes the mount');
  const [issuer] = protectedResource.authorization_servers as readonly string[];
  assert.ok(issuer !== undefined, 'RFC 9728: the document names an authorization server');
  const server = await readDocument(`${new URL(issuer).origin}/.well-known/oauth-authorization-server`);
  assert.equal(server.issuer, issuer, 'RFC 8414: issuer');
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    assert.ok(String(server[name]).startsWith(origin), `RFC 8414: ${name} is ${server[name]}`);
  }
  const keys = await readDocument(String(server.jwks_uri));
  assert.ok(Array.isArray(keys.keys) && keys.keys.length > 0, 'RFC 7517: at least one signing key is published');
}

async function readChallenge(resource: string): Promise<string> {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  const response = await fetch(resource, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(body),
  });
  const challenge = response.headers.get('www-authenticate') ?? '';
  assert.equal(response.status, 401, `${resource} without a token answers ${response.status}`);
  assert.match(challenge, /^Bearer /, `${resource} challenges with: ${challenge}`);
  assert.doesNotMatch(challenge, /error=/, 'RFC 6750: no error code when no token was sent');
  return challenge;
}

async function readDocument(url: string): Promise<Document> {
  const response = await fetch(url);
  assert.equal(response.status, 200, `${url} answers ${response.status}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/(?:[\w.-]+\+)?json/, url);
  return (await response.json()) as Document;
}
