import { describe, expect, it } from 'vitest';
import type { ProtectedResource } from '../../src/core/protected-resource.ts';
import { checkResources, metadataPath, metadataUrl, protectedResourceDocument } from '../../src/gate/metadata.ts';

const authorizationServers = ['https://as.test'];

const resource = (changes: Partial<ProtectedResource> = {}): ProtectedResource => ({
  uri: 'https://rs.test/a/mcp',
  name: 'Notes',
  scopes: new Map([
    ['a:write', { description: 'Write', implies: ['a:read'] }],
    ['a:read', { description: 'Read', implies: [] }],
  ]),
  defaultScopes: ['a:read'],
  ...changes,
});

describe('metadataUrl', () => {
  it.each([
    ['https://rs.test/a/mcp', 'https://rs.test/.well-known/oauth-protected-resource/a/mcp'],
    ['https://rs.test/base/a/mcp', 'https://rs.test/.well-known/oauth-protected-resource/base/a/mcp'],
    ['http://localhost:3000/notes/mcp', 'http://localhost:3000/.well-known/oauth-protected-resource/notes/mcp'],
    ['https://rs.test', 'https://rs.test/.well-known/oauth-protected-resource'],
  ])('inserts the well-known path of %s before its own path (RFC 9728 §3.1)', (uri, expected) => {
    expect(metadataUrl(uri)).toBe(expected);
    expect(metadataPath(uri)).toBe(new URL(expected).pathname);
  });
});

describe('protectedResourceDocument', () => {
  it('MD-01 says the resource byte for byte and nothing that is not true', () => {
    expect(protectedResourceDocument(resource(), { authorizationServers })).toEqual({
      resource: 'https://rs.test/a/mcp',
      authorization_servers: ['https://as.test'],
      scopes_supported: ['a:write', 'a:read'],
      scope_descriptions: { 'a:write': 'Write', 'a:read': 'Read' },
      bearer_methods_supported: ['header'],
      resource_name: 'Notes',
    });
  });

  it('MD-01 never lists offline_access', () => {
    const scopes = new Map([
      ['a:read', { description: 'Read', implies: [] }],
      ['offline_access', { description: 'Stay', implies: [] }],
    ]);
    const document = protectedResourceDocument(resource({ scopes }), { authorizationServers });
    expect(document.scopes_supported).toEqual(['a:read']);
    expect(document.scope_descriptions).toEqual({ 'a:read': 'Read' });
  });

  it('leaves empty members out (RFC 9728 §3.2)', () => {
    const document = protectedResourceDocument(resource({ scopes: new Map() }), { authorizationServers: [] });
    expect(Object.keys(document)).toEqual(['resource', 'bearer_methods_supported', 'resource_name']);
  });
});

describe('checkResources', () => {
  it('MD-13 finds nothing wrong with two sound mounts, a mount without scopes and a cycle of scopes', () => {
    const scopes = new Map([
      ['x', { description: 'X', implies: ['y'] }],
      ['y', { description: 'Y', implies: ['x'] }],
    ]);
    const mounts = [
      resource(),
      resource({ uri: 'https://rs.test/a/mcp-admin', scopes, defaultScopes: ['y'] }),
      resource({ uri: 'https://rs.test/b/mcp', scopes: new Map(), defaultScopes: [] }),
    ];
    expect(checkResources(mounts)).toEqual([]);
  });

  it('MD-13 names two mounts with one identifier once', () => {
    expect(checkResources([resource(), resource(), resource()])).toEqual([
      'Resource https://rs.test/a/mcp: two mounts have this identifier; give each mount its own path.',
    ]);
  });

  it.each([
    'https://rs.test/a/mcp#f',
    'https://rs.test/a/mcp?x',
    'https://RS.test/a',
    'https://rs.test:443/a',
    'a/mcp',
  ])('MD-13 refuses the identifier %s', (uri) => {
    expect(checkResources([resource({ uri })])).toEqual([
      `Resource ${uri}: its identifier must be a canonical http(s) URL without user info, query or fragment.`,
    ]);
  });

  it('MD-13 lists every fault of the scopes at once', () => {
    const scopes = new Map([
      ['', { description: 'Empty', implies: [] }],
      ['a b', { description: 'Two words', implies: [] }],
      ['offline_access', { description: 'Stay', implies: [] }],
      ['a:write', { description: 'Write', implies: ['a:read'] }],
    ]);
    expect(checkResources([resource({ scopes, defaultScopes: ['a:all'] })])).toEqual([
      'Resource https://rs.test/a/mcp: scope "" must be 1 to 128 printable ASCII characters without space, quote or backslash.',
      'Resource https://rs.test/a/mcp: scope "a b" must be 1 to 128 printable ASCII characters without space, quote or backslash.',
      'Resource https://rs.test/a/mcp: scope "offline_access" belongs to the authorization server; remove it.',
      'Resource https://rs.test/a/mcp: scope "a:write" implies "a:read", which is not declared; declare it or drop it.',
      'Resource https://rs.test/a/mcp: default scope "a:all" is not declared; declare it or drop it.',
    ]);
  });
});
