import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { AuthorizationOptions } from '../../../src/authorization/options.ts';
import { type AuthorizationServer, createAuthorizationServer } from '../../../src/authorization/server.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { ProtectedResource } from '../../../src/core/protected-resource.ts';
import { safeFetch } from '../../../src/core/safe-fetch.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import type { Store } from '../../../src/store/store.ts';

/** One running authorization server with three mounts and the people alice and bob. */
export interface World {
  readonly issuer: string;
  readonly authorization: AuthorizationServer;
  readonly store: Store;
  /** Resource identifiers: notes and math with scopes, bare without any. */
  readonly notes: string;
  readonly math: string;
  readonly bare: string;
  close(): Promise<void>;
}

export const PASSWORD = 'correct horse battery';

const info = (description: string, implies: readonly string[] = []) => ({ description, implies });

export function resourcesAt(base: string): readonly ProtectedResource[] {
  return [
    {
      uri: `${base}/notes/mcp`,
      name: 'notes',
      scopes: new Map([
        ['notes:read', info('Read your notes')],
        ['notes:write', info('Write notes', ['notes:read'])],
        ['notes:admin', info('Delete notes', ['notes:write'])],
      ]),
      defaultScopes: ['notes:read'],
    },
    { uri: `${base}/math/mcp`, name: 'math', scopes: new Map([['math:use', info('Calculate')]]), defaultScopes: [] },
    { uri: `${base}/bare/mcp`, name: 'bare', scopes: new Map(), defaultScopes: [] },
  ];
}

/** Starts a server on a free port. Everything can be replaced; `path` is the path of the public URL. */
export async function startWorld({
  path = '',
  store = memoryStore(),
  mounts,
  server: given,
  ...overrides
}: Partial<AuthorizationOptions> & {
  readonly path?: string;
  readonly mounts?: readonly string[];
  readonly server?: Server;
} = {}): Promise<World> {
  const app = express();
  const server = given ?? createServer();
  if (given === undefined) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}${path}`;
  const resources = resourcesAt(base).filter(({ name }) => mounts === undefined || mounts.includes(name));
  const authorization = await createAuthorizationServer({
    publicUrl: new URL(base),
    store,
    clock: systemClock,
    log: silentLog,
    resources,
    branding: { name: 'Test' },
    consent: 'always',
    fetch: safeFetch(),
    ...overrides,
  });
  app.use((request, response, next) => {
    const document = authorization.documents.get(request.path);
    if (document === undefined) return next();
    response.json(document);
  });
  app.use(path === '' ? '/' : path, authorization.router);
  app.use((_request, response) => {
    response.status(404).json({ error: 'nobody_answered' });
  });
  server.removeAllListeners('request');
  server.on('request', app);
  if ((await authorization.accounts.list()).length === 0) {
    await authorization.accounts.add({ username: 'alice', password: PASSWORD });
    await authorization.accounts.add({ username: 'bob', password: PASSWORD, scopes: ['notes:read'] });
  }
  return {
    issuer: base,
    authorization,
    store,
    notes: `${base}/notes/mcp`,
    math: `${base}/math/mcp`,
    bare: `${base}/bare/mcp`,
    async close() {
      await authorization.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
