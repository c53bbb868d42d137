import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  Client,
  CrossAppAccessProvider,
  requestJwtAuthorizationGrant,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Company, startCompany } from '../../support/enterprise.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company.close());

/** The token endpoint of the company's identity provider (RFC 8693): it knows one ID token, and decides on the scopes. */
async function exchangeAt(granted: readonly string[]) {
  const asked: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    asked.push(form);
    const [aud, resource] = [form.get('audience'), form.get('resource')];
    const known = form.get('subject_token') === 'an-id-token';
    const scope = (form.get('scope') ?? '').split(' ').filter((name) => granted.includes(name));
    const access_token = await company.assertion({ aud, resource, scope: scope.join(' ') });
    const answer = {
      issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      token_type: 'N_A',
      expires_in: 300,
      access_token,
    };
    response
      .writeHead(known ? 200 : 400, { 'content-type': 'application/json' })
      .end(JSON.stringify(known ? answer : { error: 'invalid_grant' }));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    asked,
    url: `http://localhost:${(server.address() as AddressInfo).port}/token`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

it('the SDK client calls a tool for a person of the company, whom nobody asked to sign in here', async () => {
  const { url, client } = company;
  const idp = await exchangeAt(['notes:read', 'notes:write']);
  const provider = new CrossAppAccessProvider({
    clientId: client.id,
    clientSecret: client.secret,
    expectedIssuer: url,
    assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) => {
      const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
        tokenEndpoint: idp.url,
        audience: authorizationServerUrl,
        resource: resourceUrl,
        idToken: 'an-id-token',
        clientId: 'client-at-the-idp',
        clientSecret: 'a secret',
        ...(scope !== undefined && { scope }),
        fetchFn,
      });
      return jwtAuthGrant;
    },
  });
  const caller = new Client({ name: 'assistant', version: '1.0.0' });
  await caller.connect(new StreamableHTTPClientTransport(new URL(`${url}/notes/mcp`), { authProvider: provider }));
  const listed = await caller.callTool({ name: 'list_notes', arguments: {} });
  expect(listed.structuredContent).toEqual({ notes: [] });
  // More than it asked for first: it asks its identity provider again by itself.
  const added = await caller.callTool({ name: 'add_note', arguments: { text: 'for the company' } });
  expect(added.structuredContent).toEqual({ id: expect.any(String) });
  expect(idp.asked.map((form) => form.get('scope'))).toEqual(['notes:read', 'notes:read notes:write']);
  expect(Object.fromEntries(idp.asked[0] ?? [])).toMatchObject({ audience: url, resource: `${url}/notes/mcp` });
  await caller.close();
  await idp.close();
});
